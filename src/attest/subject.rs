//! The image that evidence is about.

use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::media_type::OCI_MANIFEST;
use crate::reference::{Pinned, Reference};
use crate::source::{self, ImageRef, SourceEnv, SourceError};

/// An image in a registry, by the digest that its name had when it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub image: Pinned,
    /// The descriptor of its manifest.
    pub manifest: Descriptor,
    /// Its manifest.
    pub bytes: Vec<u8>,
    /// Its configuration, if it can be read.
    pub config: Vec<u8>,
}

impl Subject {
    /// Finds an image, in an index that for the architecture. Its layers are not read.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn find(image: &Reference, arch: Option<Arch>, at: &SourceEnv<'_>) -> Result<Self, SourceError> {
        let found = source::find(&ImageRef::Registry(image.clone()), arch, at)?;
        let bytes = found.manifest.as_deref().unwrap_or_default().to_vec();
        let digest = Digest::of(&bytes);
        let media_type = found.descriptor.map_or_else(|| OCI_MANIFEST.to_owned(), |found| found.media_type);
        let manifest = Descriptor { media_type, digest, size: bytes.len() as u64 };
        let config = found.config.as_deref().map(<[u8]>::to_vec).unwrap_or_default();
        Ok(Self { image: image.pin(digest), manifest, bytes, config })
    }
}
