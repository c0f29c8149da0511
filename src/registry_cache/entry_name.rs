//! `EntryName`: what an entry is of, and the tag that it has in a registry.

use crate::key::Key;

/// What the tags of all entries begin with, whatever their format.
const TAG_PREFIX: &str = "cache-";

/// The format of entries, in their tags and in their configurations.
pub const FORMAT: u32 = 2;

/// The oldest format that a release wrote.
const OLDEST_FORMAT: u32 = 2;

/// What an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// What a step made.
    Step,
    /// What a tree of files became.
    Layer,
}

impl EntryKind {
    const ALL: [Self; 2] = [Self::Step, Self::Layer];

    /// Its name in tags and annotations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Layer => "layer",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What the tags of entries begin with, of each format that a release wrote and of each kind.
pub fn tag_prefixes() -> Vec<String> {
    let kinds = |format| EntryKind::ALL.map(|kind| format!("{TAG_PREFIX}{format}-{}-", kind.name()));
    (OLDEST_FORMAT..=FORMAT).flat_map(kinds).collect()
}

/// Format and kind of an entry, by its tag `cache-FORMAT-KIND-KEY`, which has this form in every format. The prefix alone
/// is not enough: tags of images begin with it, too.
pub fn format_and_kind(tag: &str) -> Option<(&str, &str)> {
    let parts: Vec<_> = tag.strip_prefix(TAG_PREFIX)?.split('-').collect();
    let [format, kind, key] = parts[..] else { return None };
    let all = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(is);
    let is_form = all(format, u8::is_ascii_digit)
        && all(kind, u8::is_ascii_lowercase)
        && key.len() == 2 * Key::SIZE
        && all(key, |digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    is_form.then_some((format, kind))
}

/// The name of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName {
    /// What it is of.
    pub kind: EntryKind,
    /// The key of all that decides it.
    pub key: Key,
}

impl EntryName {
    /// The tag that the entry has.
    pub fn tag(&self) -> String {
        format!("{TAG_PREFIX}{FORMAT}-{}-{}", self.kind.name(), self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_entries_have_a_form_that_images_do_not() {
        let key = "0f".repeat(32);
        assert_eq!(format_and_kind(&format!("cache-2-step-{key}")), Some(("2", "step")));
        assert_eq!(format_and_kind(&format!("cache-17-segment-{key}")), Some(("17", "segment")));
        for tag in [
            "cache-1-api-20241105",
            "cache-2-step-00ff",
            &format!("cache-2-step-{key}0"),
            &format!("cache-2-step-{}", "0F".repeat(32)),
            "cache-main",
            "cache-service-1.2",
            "cache-2-step-",
            "cache-2-step-main",
            "cache-2-step-0-1",
            "v1",
        ] {
            assert_eq!(format_and_kind(tag), None, "{tag}");
        }
    }
}
