//! Evidence about an image, which a registry keeps next to the image: the list of its packages, and how it was built.
//!
//! Each document is an artifact of OCI 1.1 whose `subject` is the image. The image and its digest do not change, and Lambda
//! does not read it. The documents are not signed.

mod artifact;
mod error;
mod provenance;

use std::sync::atomic::AtomicBool;

pub use error::AttestError;
pub use provenance::{Builder, Dependency, Provenance};

use crate::context::Context;
use crate::image::Descriptor;
use crate::reference::Pinned;
use crate::registry::Attached;
use crate::sbom::{Format, Inventory};
use crate::work::abandonable;

/// A kind of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The list of packages, as CycloneDX 1.5.
    CycloneDx,
    /// The list of packages, as SPDX 2.3.
    Spdx,
    /// How the image was built: SLSA provenance, version 1, in a statement of in-toto.
    Provenance,
}

/// A document about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    kind: Kind,
    bytes: Vec<u8>,
}

impl Kind {
    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::CycloneDx => "CycloneDX",
            Kind::Spdx => "SPDX",
            Kind::Provenance => "provenance",
        }
    }
}

impl Evidence {
    /// The list of packages.
    pub fn sbom(inventory: &Inventory, format: Format) -> Self {
        let kind = match format {
            Format::CycloneDx => Kind::CycloneDx,
            Format::Spdx => Kind::Spdx,
        };
        Self { kind, bytes: inventory.document(format).into_bytes() }
    }

    /// How the image of this manifest was built.
    pub fn provenance(image: &Descriptor, provenance: &Provenance) -> Self {
        Self { kind: Kind::Provenance, bytes: provenance.statement(image.digest) }
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// Attaches documents to an image that is in a registry, one after the other; `manifest` is the descriptor of its
/// manifest.
///
/// # Errors
/// [`AttestError`]: the documents before the one that failed stay.
pub fn attach(
    image: &Pinned,
    manifest: &Descriptor,
    evidence: &[Evidence],
    context: &Context,
    interrupted: &AtomicBool,
) -> Result<Vec<(Kind, Attached)>, AttestError> {
    let mut attached = Vec::new();
    for one in evidence {
        let upload = artifact::upload(one, manifest);
        let (to, registries) = (image.clone(), context.registries.clone());
        let done = abandonable("attach", interrupted, move || registries.attach(&to, &upload))?;
        let failed = |source| AttestError::Registry {
            image: image.to_string(),
            kind: one.kind.name(),
            source: Box::new(source),
        };
        attached.push((one.kind, done.map_err(failed)?));
    }
    Ok(attached)
}
