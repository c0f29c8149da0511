//! The object of `verify`.

use lambda_img::verify::{Ignored, Requirement, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Digest, Version};

#[derive(Serialize, JsonSchema)]
pub struct Verify<'a> {
    version: Version<1>,
    /// The image, by the digest that was verified.
    image: String,
    digest: Digest,
    /// Whether every requirement is satisfied.
    verified: bool,
    /// Everything that the policy asks for.
    requirements: Vec<Wanted<'a>>,
    /// What refers to the image and does not count.
    ignored: Vec<Left>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Wanted<'a> {
    /// Its kind: signature, attestation, builder, source, base, checks or rebuild.
    kind: &'a str,
    /// What exactly is asked for.
    wanted: &'a str,
    satisfied: bool,
    /// What satisfies it, or why nothing does.
    reason: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Left {
    digest: Digest,
    /// Why it does not count.
    reason: String,
}

impl<'a> From<&'a Verdict> for Verify<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        Self {
            version: Version,
            image: verdict.image.to_string(),
            digest: verdict.image.digest().into(),
            verified: verdict.is_verified(),
            requirements: verdict.requirements.iter().map(Wanted::from).collect(),
            ignored: verdict.ignored.iter().map(Left::from).collect(),
        }
    }
}

impl<'a> From<&'a Requirement> for Wanted<'a> {
    fn from(one: &'a Requirement) -> Self {
        let (satisfied, reason) = match &one.outcome {
            Ok(how) => (true, how),
            Err(why) => (false, why),
        };
        Self { kind: one.kind, wanted: &one.wanted, satisfied, reason }
    }
}

impl From<&Ignored> for Left {
    fn from(one: &Ignored) -> Self {
        Self { digest: one.digest.into(), reason: one.why.to_string() }
    }
}
