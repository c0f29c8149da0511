//! `LayerKey`: computed from a tree before it is packed; equal keys mean equal bytes of the layer.

use super::{LAYER_FORMAT, PackError};
use crate::epoch::Epoch;
use crate::key::{Key, KeyHasher};
use crate::progress::Phase;
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, Node};
use crate::work::{Run, try_parallel};

/// Everything about a layer but the contents of its files: layer format, time, and in order each
/// path, kind, mode, size or link target. Costs no look at any file, and a layer whose shape was
/// never seen need not be named before it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeShape(Key);

/// A shape with the keys of all its files: what decides the bytes of a layer, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerKey {
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
    pub fn with(self, contents: impl IntoIterator<Item = Key>) -> LayerKey {
        let mut hasher = KeyHasher::default();
        hasher.update(self.0.as_bytes());
        for key in contents {
            hasher.update(key.as_bytes());
        }
        LayerKey { shape: self, whole: hasher.finish() }
    }

    /// The name of `tree`, of which this is the shape. Files of which nothing is known are read, on all
    /// cores.
    ///
    /// # Errors
    /// [`PackError::Read`], and [`PackError::Interrupted`].
    pub fn layer_key(self, tree: &FileTree, facts: &Facts, run: Run<'_>) -> Result<LayerKey, PackError> {
        let files: Vec<_> = tree.files().map(|(_, content)| content).collect();
        let mut keys: Vec<_> = files.iter().map(|content| content.known_key(facts)).collect();
        let unknown: Vec<_> = (0..files.len()).filter(|at| keys[*at].is_none()).collect();
        run.meter.expect(Phase::Read, unknown.iter().map(|at| files[*at].size()).sum());
        let read = try_parallel(run.jobs, &unknown, |at| {
            run.check()?;
            let content = files[*at];
            let key = run.meter.time(Phase::Read, || Ok((content.key(facts)?, content.size())));
            key.map_err(|source| PackError::Read { origin: content.origin(), source })
        });
        for (at, key) in unknown.iter().zip(read?) {
            keys[*at] = Some(key);
        }
        Ok(self.with(keys.into_iter().flatten()))
    }
}
