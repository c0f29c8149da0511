//! Words of shell scripts.

/// A word of the shell, quoted where it must be.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_of_a_shell() {
        assert_eq!(word("app.handler"), "app.handler");
        assert_eq!(word(""), "''");
        assert_eq!(word("[\"a b\"]"), "'[\"a b\"]'");
        assert_eq!(word("it's"), r"'it'\''s'");
    }
}
