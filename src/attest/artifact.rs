//! A document as an artifact of OCI (OCI image specification 1.1, "Guidelines for artifact usage"): a manifest with one
//! layer, an empty configuration, and the image as its subject.

use std::sync::Arc;

use serde_json::{Value, json};

use super::evidence::{Evidence, Kind};
use crate::digest::Digest;
use crate::image::{BytesBlob, Descriptor};
use crate::media_type::OCI_MANIFEST;
use crate::progress::Meter;
use crate::registry::{Blob, EMPTY, Upload};
use crate::sign::{BUNDLE, STATEMENT_TYPE};

/// The configuration, which has to be uploaded: ECR refuses a manifest without it.
const CONFIG: &[u8] = b"{}";

/// The annotation by which a statement's kind is known without its bytes (BuildKit, "Image attestation storage").
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// The annotations of a bundle (cosign, "Sigstore Bundle Specification"). The third one, a time, is left out: the library has no
/// clock, and nothing reads it.
const BUNDLE_CONTENT: &str = "dev.sigstore.bundle.content";
pub const BUNDLE_PREDICATE: &str = "dev.sigstore.bundle.predicateType";

/// The artifact of a document. The same unsigned document about the same image is the same artifact.
pub fn upload(evidence: &Evidence, image: &Descriptor) -> Upload {
    let (kind, bytes) = (media_type(evidence), Arc::<[u8]>::from(evidence.bytes.as_slice()));
    let layer =
        Descriptor { media_type: kind.to_owned(), digest: Digest::of(&bytes), size: bytes.len() as u64 };
    let config =
        Descriptor { media_type: EMPTY.to_owned(), digest: Digest::of(CONFIG), size: CONFIG.len() as u64 };
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": kind, "config": config.to_json(),
        "layers": [layer.to_json()], "subject": image.to_json(),
    });
    let predicate = evidence.kind.predicate_type();
    if evidence.is_signed {
        manifest["annotations"] =
            Value::from_iter([(BUNDLE_CONTENT, "dsse-envelope"), (BUNDLE_PREDICATE, predicate)]);
    } else if evidence.kind == Kind::Provenance {
        manifest["annotations"] = Value::from_iter([(PREDICATE_TYPE, predicate)]);
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
fn media_type(evidence: &Evidence) -> &'static str {
    match evidence.kind {
        _ if evidence.is_signed => BUNDLE,
        Kind::CycloneDx => "application/vnd.cyclonedx+json",
        Kind::Spdx => "application/spdx+json",
        Kind::Provenance | Kind::Signature => STATEMENT_TYPE,
    }
}
