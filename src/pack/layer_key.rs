//! What a layer will be, told from the tree alone: equal names mean equal bytes.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{LAYER_FORMAT, PackError};
use crate::epoch::Epoch;
use crate::key::{Key, KeyHasher};
use crate::progress::Phase;
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, Node};
use crate::work::{self, Run};

/// Everything about a layer but the contents of its files: layer format, time, and in order each
/// path, kind, mode, size or link target. Costs no look at any file, and a layer whose shape was
/// never seen need not be named before it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeShape(Key);

/// A shape with the keys of all its files: what decides the bytes of a layer, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The shape.
    pub shape: TreeShape,
    /// The shape and the contents.
    pub whole: Key,
}

impl TreeShape {
    /// The shape of the layer that `tree` becomes.
    pub fn of(tree: &FileTree, epoch: Epoch) -> Self {
        let mut hasher = KeyHasher::default();
        hasher.update(&LAYER_FORMAT.to_le_bytes());
        hasher.update(&epoch.seconds().to_le_bytes());
        for (path, node) in tree.iter() {
            hasher.field(path.as_str().as_bytes());
            match node {
                Node::Dir { sticky } => hasher.update(&[0, u8::from(*sticky)]),
                Node::File { content, executable } => {
                    hasher.update(&[1, u8::from(*executable)]);
                    hasher.update(&content.size().to_le_bytes());
                }
                Node::Symlink { target, .. } => {
                    hasher.update(&[2, 0]);
                    hasher.field(target.as_bytes());
                }
            }
        }
        Self(hasher.finish())
    }

    /// Its key.
    pub fn key(&self) -> Key {
        self.0
    }

    /// The name, with the keys of the files in the order of the tree.
    pub fn with(self, contents: impl IntoIterator<Item = Key>) -> Name {
        let mut hasher = KeyHasher::default();
        hasher.update(self.0.as_bytes());
        for key in contents {
            hasher.update(key.as_bytes());
        }
        Name { shape: self, whole: hasher.finish() }
    }

    /// The name of `tree`, of which this is the shape. Files of which nothing is known are read, on all
    /// cores.
    ///
    /// # Errors
    /// [`PackError::Read`], and [`PackError::Interrupted`].
    pub fn name(self, tree: &FileTree, facts: &Facts, run: Run<'_>) -> Result<Name, PackError> {
        let files: Vec<_> = tree.files().map(|(_, content)| content).collect();
        let mut keys: Vec<_> = files.iter().map(|content| content.known_key(facts)).collect();
        let unknown: Vec<_> = (0..files.len()).filter(|at| keys[*at].is_none()).collect();
        run.meter.expect(Phase::Read, unknown.iter().map(|at| files[*at].size()).sum());
        let next = AtomicUsize::new(0);
        let read = || {
            let mut found = Vec::new();
            while let Some(&at) = unknown.get(next.fetch_add(1, Ordering::Relaxed)) {
                run.check()?;
                let content = files[at];
                let key = run.meter.time(Phase::Read, || Ok((content.key(facts)?, content.size())));
                let failed = |source| PackError::Read { origin: content.origin(), source };
                found.push((at, key.map_err(failed)?));
            }
            Ok::<_, PackError>(found)
        };
        let threads = run.jobs.get().min(unknown.len());
        let found = work::crew(threads, read);
        for (at, key) in found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            keys[at] = Some(key);
        }
        Ok(self.with(keys.into_iter().flatten()))
    }
}
