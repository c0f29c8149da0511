//! `Image`: what is known of an image of a repository.

use serde_json::Value;

use crate::digest::Digest;

/// An image of a repository, or something else that has a manifest there.
#[derive(Clone, Debug)]
pub struct Image {
    /// The digest of the manifest.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// When it was last pushed or pulled, in seconds since 1970.
    pub used: i64,
    /// When it was pushed, in seconds since 1970.
    pub pushed: i64,
    /// What its manifest names in the same repository: the images of an index, and its subject. `None` where the manifest
    /// could not be read.
    pub links: Option<Vec<Digest>>,
}

/// What a manifest names in its own repository: the images of an index, and its subject (OCI image specification,
/// "Image Index" and "Image Manifest"). `None` where it is not a manifest.
pub fn links(manifest: &[u8]) -> Option<Vec<Digest>> {
    let json: Value = serde_json::from_slice(manifest).ok()?;
    json.as_object()?;
    let named = json["manifests"].as_array().map_or(&[][..], Vec::as_slice).iter();
    let subject = Some(&json["subject"]).filter(|subject| !subject.is_null());
    named.chain(subject).map(|one| one["digest"].as_str()?.parse().ok()).collect()
}
