//! What the layer before this one holds: of files that are the same, probes need not see the content again.

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
pub struct Before(HashMap<String, (u32, Vec<Fact>)>);

impl Before {
    /// Of those files whose content is known to be the one that `tree` has.
    pub fn of(tree: &FileTree, facts: &Facts, surveys: &Surveys, at: Key) -> Self {
        Self::find(tree, facts, surveys, at).unwrap_or_default()
    }

    fn find(tree: &FileTree, facts: &Facts, surveys: &Surveys, at: Key) -> Option<Self> {
        if tree.len() < WORTH_REMEMBERING {
            return None;
        }
        let bytes = surveys.cache()?.memo(RecordKind::Last, at)?;
        let (layer, keys) = bytes.split_first_chunk()?;
        let keys = keys.as_chunks::<{ Key::SIZE }>().0;
        let survey = surveys.find(Digest::from_bytes(*layer))?;
        let files: Vec<_> = survey.entries.iter().filter(|entry| entry.kind == Kind::File).collect();
        if files.len() != keys.len() {
            return None;
        }
        let files =
            files.into_iter().zip(keys).map(|(entry, key)| (entry.name(), (Key::from_bytes(*key), entry)));
        let files: HashMap<_, _> = files.collect();
        let same = tree.files().filter_map(|(path, content)| {
            let (key, entry) = files.get(path.as_str())?;
            let same = content.known_key(facts).is_some_and(|known| known == *key);
            same.then(|| (path.to_string(), (entry.mode, entry.facts.clone())))
        });
        Some(Self(same.collect()))
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
pub fn place(root: &Path, role: &str) -> Key {
    let mut hasher = checks_version();
    hasher.field(role.as_bytes());
    hasher.field(root.as_os_str().as_encoded_bytes());
    hasher.finish()
}
