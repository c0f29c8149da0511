//! A document as an artifact of OCI (OCI image specification 1.1, "Guidelines for artifact usage"): a manifest with one
//! layer, an empty configuration, and the image as its subject.

use std::sync::Arc;

use serde_json::{Value, json};

use super::evidence::{Evidence, Kind};
use super::provenance::PREDICATE;
use crate::digest::Digest;
use crate::image::{BytesBlob, Descriptor};
use crate::media_type::OCI_MANIFEST;
use crate::progress::Meter;
use crate::registry::{Blob, EMPTY, Upload};

/// The configuration, which has to be uploaded: ECR refuses a manifest without it.
const CONFIG: &[u8] = b"{}";

/// The annotation by which a statement's kind is known without its bytes (BuildKit, "Image attestation storage").
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// The artifact of a document. The same document about the same image is the same artifact.
pub fn upload(evidence: &Evidence, image: &Descriptor) -> Upload {
    let (kind, bytes) = (media_type(evidence.kind), Arc::<[u8]>::from(evidence.bytes.as_slice()));
    let layer =
        Descriptor { media_type: kind.to_owned(), digest: Digest::of(&bytes), size: bytes.len() as u64 };
    let config =
        Descriptor { media_type: EMPTY.to_owned(), digest: Digest::of(CONFIG), size: CONFIG.len() as u64 };
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": kind, "config": config.to_json(),
        "layers": [layer.to_json()], "subject": image.to_json(),
    });
    if evidence.kind == Kind::Provenance {
        manifest["annotations"] = Value::from_iter([(PREDICATE_TYPE, PREDICATE)]);
    }
    let blob = Blob {
        digest: layer.digest,
        size: layer.size,
        source: Arc::new(BytesBlob(bytes)),
        again: false,
        meter: Meter::default(),
    };
    Upload {
        layers: vec![blob],
        config: CONFIG.to_vec(),
        manifest: manifest.to_string().into_bytes(),
        media_type: OCI_MANIFEST.to_owned(),
    }
}

/// The type by which readers look for it.
fn media_type(kind: Kind) -> &'static str {
    match kind {
        Kind::CycloneDx => "application/vnd.cyclonedx+json",
        Kind::Spdx => "application/spdx+json",
        Kind::Provenance => "application/vnd.in-toto+json",
    }
}
