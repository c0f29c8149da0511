//! Why no plan is made.

use crate::digest::Digest;

/// Why nothing is planned: what could be lost is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PruneError {
    /// The manifest of an image could not be read, so that its connections to others are not known.
    #[error("the manifest of {digest} cannot be read: what belongs to it is not known")]
    UnreadManifest {
        /// The digest of the image.
        digest: Digest,
    },
    /// The policy of the repository is not a policy.
    #[error("the policy of the repository cannot be read: {why}")]
    Policy {
        /// Why.
        why: String,
    },
}
