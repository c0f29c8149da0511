//! Evidence about an image, which a registry keeps next to the image: the list of its packages, and how it was built.
//!
//! Each document is an artifact of OCI 1.1 whose `subject` is the image. The image and its digest do not change, and Lambda
//! does not read it. With a key, the artifact is a bundle of Sigstore: the document in a signed statement about the image.

mod artifact;
mod copy;
mod error;
mod evidence;
mod known;
mod provenance;
mod subject;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use copy::copy;
pub use error::AttestError;
pub use evidence::{Evidence, Kind};
pub use provenance::{Builder, Dependency, Provenance};
pub use subject::Subject;

use known::Known;

use crate::context::Context;
use crate::image::Descriptor;
use crate::reference::Pinned;
use crate::registry::Attached;
use crate::sign::{self, Signer};
use crate::work::abandonable;

/// Attaches documents to an image that is in a registry, one after the other; `manifest` is the descriptor of its
/// manifest. With a signer, each document is signed, except one that the same key has signed already.
///
/// # Errors
/// [`AttestError`]: the documents before the one that failed stay.
pub fn attach(
    image: &Pinned,
    manifest: &Descriptor,
    evidence: &[Evidence],
    signer: Option<&Arc<dyn Signer>>,
    context: &Context,
    interrupted: &AtomicBool,
) -> Result<Vec<(Kind, Attached)>, AttestError> {
    let mut attached = Vec::new();
    let known = match (signer, evidence.first()) {
        (Some(_), Some(first)) => {
            let (kind, registries) = (first.kind().name(), context.registries.clone());
            let asked = image.clone();
            let known = abandonable("referrers", interrupted, move || Known::of(asked, &registries))?;
            let failed = |source| {
                let (image, source) = (image.to_string(), Box::new(source));
                AttestError::Registry { image, kind, source }
            };
            Some(Arc::new(known.map_err(failed)?))
        }
        _ => None,
    };
    for one in evidence {
        let kind = one.kind();
        let (to, manifest, signer) = (image.clone(), manifest.clone(), signer.cloned());
        let (one, registries, known) = (one.clone(), context.registries.clone(), known.clone());
        let done = abandonable("attach", interrupted, move || {
            let (image, kind) = (to.to_string(), one.kind().name());
            let one = match &signer {
                None => one,
                Some(signer) => {
                    let statement = one.statement(manifest.digest);
                    let find = |known: &Known| known.find(&one, &statement, signer.public_key(), &registries);
                    if let Some(found) = known.as_deref().and_then(find) {
                        return Ok(found);
                    }
                    match sign::bundle(&statement, signer.as_ref()) {
                        Ok(bundle) => one.with_bundle(bundle),
                        Err(source) => return Err(AttestError::Sign { image, kind, source }),
                    }
                }
            };
            let done = registries.attach(&to, &artifact::upload(&one, &manifest));
            done.map_err(|source| AttestError::Registry { image, kind, source: Box::new(source) })
        })?;
        attached.push((kind, done?));
    }
    Ok(attached)
}
