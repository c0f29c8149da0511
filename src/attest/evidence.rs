//! The documents about an image.

use super::provenance::Provenance;
use crate::image::Descriptor;
use crate::sbom::{Format, Inventory};

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
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
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
