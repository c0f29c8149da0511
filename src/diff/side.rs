//! An image that is compared: one that exists, or one that was built for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::arch::Arch;
use crate::check::{Document, ImageView, recognise};
use crate::digest::Digest;
use crate::examine::read_image;
use crate::image::Image;
use crate::inspect::{Base, InspectError, Layer, as_stored, base, find_readable, require_whole};
use crate::media_type::Family;
use crate::source::{ImageRef, SourceEnv, StoredImage};
use crate::survey::Probe;
use crate::work::Run;

/// One of the two.
pub struct Side {
    name: String,
    source: ImageRef,
    raw: StoredImage,
}

/// What an image is called and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name, as it was asked for.
    pub name: String,
    /// Digest of its manifest, where it has one.
    pub digest: Option<Digest>,
    /// Digest of its configuration.
    pub config_digest: Digest,
    /// `os/architecture`, as the configuration says it.
    pub platform: String,
    /// What it says that it was built on.
    pub base: Base,
}

impl Side {
    /// An image that exists; of an index, the one for `arch`.
    ///
    /// # Errors
    /// [`InspectError`].
    pub fn image(source: &ImageRef, arch: Option<Arch>, at: &SourceEnv<'_>) -> Result<Self, InspectError> {
        let raw = find_readable(source, arch, at)?;
        Ok(Self { name: source.to_string(), source: source.clone(), raw })
    }

    /// An image that is not published, and was made from `base`. What made it must live as long as its layers
    /// must be read.
    pub fn unpublished(name: String, base: &ImageRef, image: &Image) -> Self {
        Self { name, source: base.clone(), raw: as_stored(base, image) }
    }

    /// The architecture that it is for, if Lambda has it.
    pub fn arch(&self) -> Option<Arch> {
        Arch::from_oci(self.document(self.raw.config.as_ref().ok())["architecture"].as_str()?)
    }

    /// Whose media types it speaks, where a manifest says it.
    pub fn family(&self) -> Option<Family> {
        let manifest = self.document(self.raw.manifest.as_ref());
        Family::of_manifest(manifest["mediaType"].as_str()?)
    }

    /// The runtime that it says to be for, by the name of its base.
    pub fn runtime(&self) -> Option<String> {
        let document = |bytes: &Arc<[u8]>| Document::new(Arc::clone(bytes));
        let view = ImageView {
            manifest: self.raw.manifest.as_ref().map(document),
            config: self.raw.config.as_ref().map(document).unwrap_or_default(),
            ..ImageView::default()
        };
        recognise(&view).map(|profile| profile.id)
    }

    fn document(&self, bytes: Option<&Arc<[u8]>>) -> Value {
        bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    /// Whether its layers, or those of its base, have to be fetched.
    pub fn is_remote(&self) -> bool {
        self.raw.is_remote
    }

    /// Reads what is said of it, and no layer.
    pub(super) fn documents(&self, run: Run<'_>) -> Result<ImageView, InspectError> {
        self.read_layers(&BTreeSet::new(), &[], run)
    }

    /// Reads it, and of its layers those of `layers`.
    pub(super) fn read_layers(
        &self,
        layers: &BTreeSet<usize>,
        probes: &[&dyn Probe],
        run: Run<'_>,
    ) -> Result<ImageView, InspectError> {
        let view = read_image(&self.source, &self.raw, |at, _| layers.contains(&at), probes, run)?;
        require_whole(&self.name, &view)?;
        Ok(view)
    }

    pub(super) fn identity(&self, view: &ImageView, layers: &[Layer]) -> Identity {
        let text = |key: &str| view.config.value[key].as_str().unwrap_or("unknown");
        Identity {
            name: self.name.clone(),
            digest: view.digest(),
            config_digest: Digest::of(&view.config.bytes),
            platform: format!("{}/{}", text("os"), text("architecture")),
            base: base(view, layers),
        }
    }
}
