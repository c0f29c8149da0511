//! Signed statements that an image has already. A signature is new each time, so without a look at them every run of a
//! build would add a bundle, until `verify` reads no more.

use std::io::Read;

use serde_json::Value;

use super::artifact::BUNDLE_PREDICATE;
use super::evidence::Evidence;
use crate::digest::Digest;
use crate::reference::Pinned;
use crate::registry::{Attached, Referrer, Registries, RegistryError};
use crate::sign::{BUNDLE, PublicKey, bundle_length, is_bundle_of};

/// The most bundles of one kind that are looked at.
const MOST: usize = 100;

/// By how many bytes two bundles of one statement differ at most: an ECDSA signature in DER has no fixed length.
const SLACK: usize = 8;

/// What refers to an image before something is attached.
pub struct Known {
    image: Pinned,
    listed: Vec<Referrer>,
}

impl Known {
    /// Asks the registry.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn of(image: Pinned, registries: &Registries) -> Result<Self, RegistryError> {
        let listed = registries.referrers(&image)?;
        Ok(Self { image, listed })
    }

    /// The artifact with this statement, signed by this key. One that cannot be read is not one.
    pub fn find(
        &self,
        evidence: &Evidence,
        statement: &[u8],
        key: &PublicKey,
        registries: &Registries,
    ) -> Option<Attached> {
        let predicate = evidence.kind.predicate_type();
        let is_candidate = |one: &&Referrer| {
            one.artifact_type == BUNDLE
                && one.annotations.get(BUNDLE_PREDICATE).is_some_and(|kind| kind == predicate)
        };
        let length = bundle_length(statement, key) as u64;
        let mut candidates = self.listed.iter().filter(is_candidate).take(MOST);
        let one = candidates.find(|one| {
            let bundle = bundle(&self.image, one, length, registries);
            bundle.is_some_and(|bundle| is_bundle_of(&bundle, statement, key))
        })?;
        let pinned = self.image.reference().pin(one.digest);
        Some(Attached { pinned, already: true, tag: None })
    }
}

/// The bytes of a bundle of about this length about the image.
fn bundle(image: &Pinned, one: &Referrer, length: u64, registries: &Registries) -> Option<Vec<u8>> {
    let place = image.reference().with_digest(one.digest);
    let manifest: Value = serde_json::from_slice(&registries.manifest(&place).ok()?.bytes).ok()?;
    let layer = &manifest["layers"][0];
    let (size, digest) = (layer["size"].as_u64()?, layer["digest"].as_str()?.parse::<Digest>().ok()?);
    if manifest["subject"]["digest"] != image.digest().to_string() || size.abs_diff(length) > SLACK as u64 {
        return None;
    }
    let mut bytes = Vec::new();
    registries.blob(&place, digest, size).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
