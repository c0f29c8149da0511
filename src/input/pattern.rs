//! One pattern of an ignore file, compiled: Go's `filepath.Match` with `**`, as Docker reads it.

use regex::{Regex, RegexBuilder};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Whether it re-includes (`!`) instead of excluding.
    pub(super) negated: bool,
    matcher: Matcher,
    /// The literal start of the pattern: all of it, or the whole components before the first wildcard.
    fixed: String,
}

#[derive(Clone, Debug)]
enum Matcher {
    Exact,
    Wild(Regex),
}

enum Token {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Star,
    /// `**`, with the `/` that follows it.
    DoubleStar,
    /// A character class, as the regex syntax writes it.
    Class(String),
}

impl Pattern {
    /// Compiles one line, trimmed and not empty.
    ///
    /// # Errors
    /// What is wrong with it, to be put behind the quoted pattern.
    pub(super) fn new(line: &str) -> Result<Self, &'static str> {
        let (negated, text) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        let clean = clean(text);
        if negated && (text.is_empty() || clean == "/") {
            return Err("has nothing after the `!`");
        }
        // Patterns are anchored at the root anyway; a lone `/` is left as it is and matches nothing.
        let clean = clean.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&clean);
        let tokens = tokens(clean)?;
        let literal = tokens.iter().map_while(|token| match token {
            Token::Literal(char) => Some(*char),
            _ => None,
        });
        let mut fixed: String = literal.collect();
        if tokens.iter().all(|token| matches!(token, Token::Literal(_))) {
            return Ok(Self { negated, matcher: Matcher::Exact, fixed });
        }
        fixed.truncate(fixed.rfind('/').unwrap_or_default());
        let regex = RegexBuilder::new(&expression(clean, &tokens)).dot_matches_new_line(true).build();
        let regex = regex.map_err(|_| "is too large")?;
        Ok(Self { negated, matcher: Matcher::Wild(regex), fixed })
    }

    /// Whether the pattern matches `path` itself (not by a directory above it).
    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.matcher {
            Matcher::Exact => self.fixed == path,
            Matcher::Wild(regex) => regex.is_match(path),
        }
    }

    /// The path above which it matches nothing: empty for the root.
    pub(super) fn start(&self) -> &str {
        &self.fixed
    }

    /// Whether the pattern could match anything below `directory`; may say yes too often.
    pub(super) fn may_match_below(&self, directory: &str) -> bool {
        let inside = |path: &str, dir: &str| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        match &self.matcher {
            Matcher::Exact => inside(&self.fixed, directory),
            Matcher::Wild(_) => {
                let fixed = self.fixed.as_str();
                fixed.is_empty() || fixed == directory || inside(fixed, directory) || inside(directory, fixed)
            }
        }
    }
}

/// Go's `filepath.Clean` for Unix: no `.`, no doubled or last `/`, and each `..` with what it undoes
/// taken away.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

fn tokens(pattern: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(char) = rest.next() {
        tokens.push(match char {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                Token::DoubleStar
            }
            '*' => Token::Star,
            '?' => Token::One,
            '[' => Token::Class(class(&mut rest)?),
            '\\' => Token::Literal(rest.next().ok_or("ends in a backslash")?),
            _ => Token::Literal(char),
        });
    }
    Ok(tokens)
}

/// Reads a class up to its `]`. Go knows `^` alone for "none of these", and wants `-` and `]` escaped.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, &'static str> {
    const OPEN: &str = "has a `[` without its `]`";
    let member = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| match rest.next().ok_or(OPEN)? {
        '-' | ']' => Err("has an empty class or range (write `\\-` and `\\]` for the characters)"),
        '\\' => rest.next().ok_or(OPEN),
        char => Ok(char),
    };
    let mut class = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        class.push('^');
    }
    let mut empty = true;
    loop {
        if !empty && rest.next_if_eq(&']').is_some() {
            class.push(']');
            return Ok(class);
        }
        let low = member(rest)?;
        let high = if rest.next_if_eq(&'-').is_some() { member(rest)? } else { low };
        if low > high {
            return Err("has a range that ends before it begins");
        }
        class.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high)));
        empty = false;
    }
}

fn expression(pattern: &str, tokens: &[Token]) -> String {
    // moby matches `**name`, without a `/` and other wildcards, as a plain ending: `a/myname` too.
    let suffix = pattern.strip_prefix("**").filter(|rest| !rest.starts_with('/'));
    let suffix = suffix.is_some_and(|rest| !rest.contains(['*', '?', '[', ']', '\\']));
    let mut expression = String::from("^");
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Literal(char) => expression.push_str(&regex::escape(char.encode_utf8(&mut [0; 4]))),
            Token::One => expression.push_str("[^/]"),
            Token::Star => expression.push_str("[^/]*"),
            Token::DoubleStar if suffix || at + 1 == tokens.len() => expression.push_str(".*"),
            Token::DoubleStar => expression.push_str("(?:.*/)?"),
            Token::Class(class) => expression.push_str(class),
        }
    }
    expression.push('$');
    expression
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cleaning_is_gos() {
        for (from, to) in [
            ("a//b/", "a/b"),
            ("./a/./b", "a/b"),
            ("a/../b", "b"),
            ("a/..", "."),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            ("/../a", "/a"),
            ("/", "/"),
            ("..", ".."),
        ] {
            assert_eq!(clean(from), to, "{from}");
        }
    }

    #[test]
    fn illegal_patterns_are_told_apart() {
        for wrong in
            ["!", "! ", "!/", "[a", "[]", "[]a]", "[a-]", "[-a]", "[^]", "[z-a]", "a\\", "x/[", "[a\\"]
        {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
        for right in ["]", "a]", "[a]]", "[!a]", "[a^]", "[\\]]", "[\\-]", "\\[", "**", "***", "{a,b}", "^a$"]
        {
            assert!(Pattern::new(right).is_ok(), "{right}");
        }
    }

    proptest! {
        #[test]
        fn any_text_compiles_or_is_refused(text in "\\PC*", path in "[ab/.]{1,9}") {
            if let Ok(pattern) = Pattern::new(&text) {
                pattern.matches(&path);
            }
        }

        /// Pruning is safe: a directory that is left out holds nothing that the pattern matches.
        #[test]
        fn what_matches_below_may_match_below(
            text in "[ab]?[ab/*?]{1,6}", dir in "[ab]{1,2}(/[ab])?", name in "[ab]{1,2}(/[ab])?",
        ) {
            let pattern = Pattern::new(&text).unwrap();
            if pattern.matches(&format!("{dir}/{name}")) {
                prop_assert!(pattern.may_match_below(&dir));
            }
        }
    }
}
