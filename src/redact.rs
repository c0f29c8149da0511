//! Removes secrets from messages: tokens, passwords, and the parts of URLs and foreign text that could contain them.

use std::fmt;

use reqwest::Url;

/// A password, token or key. `Debug` shows dots, there is no `Display`, and only [`Secret::expose`]
/// gives the text.
#[derive(Clone, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for a request's header or body, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Query parameters that say what was asked and never who asked. Everything else (signatures,
/// `_state`, credentials in pre-signed URLs) is hidden.
const PLAIN_PARAMETERS: [&str; 7] = ["digest", "mount", "from", "service", "scope", "n", "last"];

/// The URL as messages show it: no user, no fragment, values of unknown parameters as `…`.
pub fn url(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for URLs without a host, which have neither.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    shown.set_query(None);
    let pairs: Vec<String> = url
        .query_pairs()
        .map(|(key, value)| {
            let plain = PLAIN_PARAMETERS.contains(&key.as_ref());
            text(&format!("{key}={}", if plain { &value } else { "…" }), 300)
        })
        .collect();
    match pairs.is_empty() {
        true => shown.to_string(),
        false => format!("{shown}?{}", pairs.join("&")),
    }
}

/// Whether a terminal does something with a character other than to show it: controls (C0, C1 and DEL, Unicode's
/// category Cc), those that turn the direction of text (Unicode's property Bidi_Control: what is read is not what
/// is written), and those that end a line or paragraph.
pub fn steers(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// What others wrote, as people see it: on one line, with everything that [`steers`] written out, as in `\n` or
/// `\u{1b}`. What is clean stays as it is, so that it may be cleaned twice.
pub fn clean(foreign: &str) -> String {
    let mut shown = String::with_capacity(foreign.len());
    for char in foreign.chars() {
        match steers(char) {
            true => shown.extend(char.escape_default()),
            false => shown.push(char),
        }
    }
    shown
}

/// Foreign text as messages show it: on one line, without what [`steers`] (a registry must not steer the
/// terminal), at most `limit` characters.
pub fn text(foreign: &str, limit: usize) -> String {
    let mut shown = String::new();
    for (index, char) in foreign.trim().chars().enumerate() {
        if index == limit {
            shown.push('…');
            break;
        }
        shown.push(if steers(char) { ' ' } else { char });
    }
    shown
}

/// Text of this program without passwords that were written in the place of a host, as in
/// `https://AWS:…@host/name`. Digests behind an `@` stay.
pub fn passwords(words: &str) -> String {
    let without = |word: &str| -> Option<String> {
        let at = word.rfind('@').filter(|at| !word[at + 1..].starts_with("sha"))?;
        let user = word[..at].find("://").map_or(0, |scheme| scheme + 3);
        let colon = user + word[user..at].find(':')?;
        Some(format!("{}…{}", &word[..=colon], &word[at..]))
    };
    let split = words.split_inclusive(|char: char| char.is_whitespace() || "'\"`".contains(char));
    split.map(|word| without(word).unwrap_or_else(|| word.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_signatures_are_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
        let signed = "https://user:pw@h.example/a?X-Amz-Signature=abc&digest=sha256:00&_state=s#f";
        assert_eq!(
            url(&Url::parse(signed).unwrap()),
            "https://h.example/a?X-Amz-Signature=…&digest=sha256:00&_state=…"
        );
        assert_eq!(text("a\u{1b}[31mb\nc", 100), "a [31mb c");
        assert_eq!(text("abcdef", 3), "abc…");
        assert_eq!(clean("a\u{1b}[2Jb\n\u{202e}é\u{9b}"), "a\\u{1b}[2Jb\\n\\u{202e}é\\u{9b}");
        assert_eq!(clean(&clean("a\tb")), clean("a\tb"));
        for (words, shown) in [
            ("bad 'https://AWS:a/b:c@d+==@h.example/x:v1' is", "bad 'https://AWS:…@h.example/x:v1' is"),
            ("`u:p@h.example`", "`u:…@h.example`"),
            ("`a.example=u:p@h.example`", "`a.example=u:…@h.example`"),
            (
                "`h.example:5000/x:v1@sha256:00` of me@h.example",
                "`h.example:5000/x:v1@sha256:00` of me@h.example",
            ),
            ("no: such @ thing", "no: such @ thing"),
        ] {
            assert_eq!(passwords(words), shown);
        }
    }
}
