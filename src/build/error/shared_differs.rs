//! A layer of the registry cache that is another one than the layer that is made of the same.

use crate::digest::Digest;
use crate::key::Key;

/// A layer of the registry cache that is not the one that this machine makes of the same: another program wrote it, or
/// the step does not write the same files each time.
#[derive(Debug, thiserror::Error)]
#[error("{what}: `{repository}` has {} for key {key}, but {} was made{}", shown(.found), shown(.made), different(.file))]
pub struct SharedDiffers {
    /// The step, or the layer.
    pub what: String,
    /// The repository.
    pub repository: String,
    /// The key.
    pub key: Key,
    /// The layer of the repository; none of a step that wrote nothing.
    pub found: Option<Digest>,
    /// The layer that was made.
    pub made: Option<Digest>,
    /// The first file that differs, where it is known.
    pub file: Option<String>,
}

fn shown(layer: &Option<Digest>) -> String {
    layer.map_or_else(|| "no layer".to_owned(), |digest| digest.to_string())
}

fn different(file: &Option<String>) -> String {
    file.as_ref().map(|file| format!("; the first file that differs is `/{file}`")).unwrap_or_default()
}
