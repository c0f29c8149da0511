//! What was found about an image.

use super::claim::Claim;
use super::error::Refusal;
use crate::digest::Digest;
use crate::reference::Pinned;

/// Whether an image has what a policy asks for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// The image, by the digest that was verified.
    pub image: Pinned,
    /// Everything that the policy asks for, in its order.
    pub requirements: Vec<Requirement>,
    /// What refers to the image and does not count, in the order of the registry.
    pub ignored: Vec<Ignored>,
    /// What signed provenance says about the build.
    pub claim: Option<Claim>,
}

/// Something that a policy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its kind, in a word: `signature`, `attestation`, `builder`, `source`, `base`, `checks` or `rebuild`.
    pub kind: &'static str,
    /// What exactly is asked for; may be empty.
    pub wanted: String,
    /// What satisfies it, or why nothing does.
    pub outcome: Result<String, String>,
}

/// Something that refers to the image and does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its digest.
    pub digest: Digest,
    /// Why it does not count.
    pub why: Refusal,
}

impl Verdict {
    /// Whether the image has everything. A policy that asks for nothing verifies nothing.
    pub fn is_verified(&self) -> bool {
        !self.requirements.is_empty() && self.requirements.iter().all(|one| one.outcome.is_ok())
    }
}
