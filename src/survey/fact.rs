//! What probes say about the content of a file.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// One thing that a probe saw. Facts are small: they are kept for every file of an image, and from one
/// run to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The whole text of a small file, such as `package.json` or `.runtimeconfig.json`.
    Text(String),
    /// The content of a file: see [`Content`](super::probes::content::Content).
    Content {
        /// Digest of all of it.
        digest: Digest,
        /// Digest of it without the bytes that hold a time, in formats that have some.
        timeless: Option<Digest>,
    },
}
