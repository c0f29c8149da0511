//! The layer that the last build made for the same part of the function. Probes skip files that have not changed since.

use std::collections::HashMap;
use std::path::Path;

use super::surveys::Surveys;
use crate::check::checks_version;
use crate::digest::Digest;
use crate::key::Key;
use crate::pack::PackResult;
use crate::store::cache::RecordKind;
use crate::survey::{Entry, Fact, Kind};
use crate::tree::FileTree;
use crate::tree::file_facts::Facts;

/// Files below which it is sooner to look than to remember.
const WORTH_REMEMBERING: usize = 256;

/// What probes saw in files of the last layer of this part of this function, by path.
#[derive(Default)]
pub struct PreviousLayer(HashMap<String, (u32, Vec<Fact>)>);

impl PreviousLayer {
    /// Of those files whose content is known to be the one that `tree` has.
    pub fn of(tree: &FileTree, facts: &Facts, surveys: &Surveys, at: Key) -> Self {
        Self::find(tree, facts, surveys, at).unwrap_or_default()
    }

    fn find(tree: &FileTree, facts: &Facts, surveys: &Surveys, at: Key) -> Option<Self> {
        if tree.len() < WORTH_REMEMBERING {
            return None;
        }
        let bytes = surveys.cache()?.memo(RecordKind::Last, at)?;
        let (layer, content_keys) = bytes.split_first_chunk()?;
        let content_keys = content_keys.as_chunks::<{ Key::SIZE }>().0;
        let survey = surveys.find(Digest::from_bytes(*layer))?;
        let entries: Vec<_> = survey.entries.iter().filter(|entry| entry.kind == Kind::File).collect();
        if entries.len() != content_keys.len() {
            return None;
        }
        let mut earlier = HashMap::new();
        for (entry, key) in entries.into_iter().zip(content_keys) {
            earlier.insert(entry.name(), (Key::from_bytes(*key), entry));
        }
        let mut same = HashMap::new();
        for (path, content) in tree.files() {
            if let Some((key, entry)) = earlier.get(path.as_str())
                && content.known_key(facts).is_some_and(|known| known == *key)
            {
                same.insert(path.to_string(), (entry.mode, entry.facts.clone()));
            }
        }
        Some(Self(same))
    }

    /// What probes would see in the content of `entry`.
    pub fn facts(&self, entry: &Entry) -> Option<Vec<Fact>> {
        let (mode, facts) = self.0.get(entry.name())?;
        (entry.kind == Kind::File && *mode == entry.mode).then(|| facts.clone())
    }

    /// Remembers a layer for the next one.
    pub fn keep(packing: &PackResult, surveys: &Surveys, at: Key) {
        if let Some(cache) = surveys.cache().filter(|_| packing.contents.len() >= WORTH_REMEMBERING) {
            let keys = packing.contents.iter().flat_map(|key| key.as_bytes());
            let bytes: Vec<u8> = packing.packed.digest.as_bytes().iter().chain(keys).copied().collect();
            cache.keep_memo(RecordKind::Last, at, &bytes);
        }
    }
}

/// Where the last layer of this role in the function at `root` is remembered.
pub fn key(root: &Path, role: &str) -> Key {
    let mut hasher = checks_version();
    hasher.field(role.as_bytes());
    hasher.field(root.as_os_str().as_encoded_bytes());
    hasher.finish()
}
