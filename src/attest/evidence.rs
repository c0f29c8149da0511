//! The documents about an image.

use serde_json::{Value, json};

use super::provenance::{PREDICATE, Provenance};
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::sbom::{Format, Inventory};

/// The type of a statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// A kind of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The list of packages, as CycloneDX 1.5.
    CycloneDx,
    /// The list of packages, as SPDX 2.3.
    Spdx,
    /// How the image was built: SLSA provenance, version 1, in a statement of in-toto.
    Provenance,
    /// That the key signs the image, and nothing more: what `cosign sign` makes. Without a signature it says nothing.
    Signature,
}

/// A document about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    /// Whether the bytes are a bundle with the signed statement, and not the document.
    pub(super) is_signed: bool,
}

impl Kind {
    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::CycloneDx => "CycloneDX",
            Kind::Spdx => "SPDX",
            Kind::Provenance => "provenance",
            Kind::Signature => "signature",
        }
    }

    /// The type of the predicate of its statement (in-toto, "Predicates"; cosign, `pkg/types/predicate.go`).
    pub fn predicate_type(self) -> &'static str {
        match self {
            Kind::CycloneDx => "https://cyclonedx.org/bom",
            Kind::Spdx => "https://spdx.dev/Document",
            Kind::Provenance => PREDICATE,
            Kind::Signature => "https://sigstore.dev/cosign/sign/v1",
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
        Self { kind, bytes: inventory.document(format).into_bytes(), is_signed: false }
    }

    /// How the image of this manifest was built.
    pub fn provenance(image: &Descriptor, provenance: &Provenance) -> Self {
        let bytes = statement(image.digest, PREDICATE, &provenance.predicate());
        Self { kind: Kind::Provenance, bytes, is_signed: false }
    }

    /// That a key signs the image.
    pub fn signature() -> Self {
        Self { kind: Kind::Signature, bytes: b"{}".to_vec(), is_signed: false }
    }

    /// The document in a statement about the image, to be signed.
    pub(super) fn statement(&self, image: Digest) -> Vec<u8> {
        match self.kind {
            Kind::Provenance => self.bytes.clone(),
            kind => {
                let document: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
                statement(image, kind.predicate_type(), &document)
            }
        }
    }

    /// The same evidence in a bundle with its signed statement.
    pub(super) fn with_bundle(self, bundle: Vec<u8>) -> Self {
        Self { kind: self.kind, bytes: bundle, is_signed: true }
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// A statement about an image (in-toto, "Statement").
fn statement(image: Digest, predicate_type: &str, predicate: &Value) -> Vec<u8> {
    let statement = json!({
        "_type": STATEMENT,
        "subject": [{ "name": "image", "digest": { "sha256": image.hex() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    statement.to_string().into_bytes()
}
