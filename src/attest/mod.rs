//! Evidence about an image, which a registry keeps next to the image: the list of its packages, and how it was built.
//!
//! Each document is an artifact of OCI 1.1 whose `subject` is the image. The image and its digest do not change, and Lambda
//! does not read it. The documents are not signed.

mod artifact;
mod error;
mod evidence;
mod provenance;

use std::sync::atomic::AtomicBool;

pub use error::AttestError;
pub use evidence::{Evidence, Kind};
pub use provenance::{Builder, Dependency, Provenance};

use crate::context::Context;
use crate::image::Descriptor;
use crate::reference::Pinned;
use crate::registry::Attached;
use crate::work::abandonable;

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
            kind: one.kind().name(),
            source: Box::new(source),
        };
        attached.push((one.kind(), done.map_err(failed)?));
    }
    Ok(attached)
}
