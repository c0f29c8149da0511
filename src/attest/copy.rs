//! Evidence that follows an image from one repository to another.

use std::io::Read;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::error::AttestError;
use crate::context::Context;
use crate::digest::Digest;
use crate::reference::Pinned;
use crate::registry::{Attached, MANIFEST_LIMIT, Referrer, Registries, RegistryError, Upload};
use crate::work::abandonable;

/// Copies everything that refers to an image to another repository that has the image, byte for byte: signatures stay
/// valid. The type of each artifact, and where it is. What refers to an artifact and not to the image is not copied.
///
/// # Errors
/// [`AttestError`]: what was copied before stays.
pub fn copy(
    from: &Pinned,
    to: &Pinned,
    context: &Context,
    interrupted: &AtomicBool,
) -> Result<Vec<(String, Attached)>, AttestError> {
    let failed = |source| AttestError::Copy { image: to.to_string(), source: Box::new(source) };
    let (image, registries) = (from.clone(), context.registries.clone());
    let listed = abandonable("referrers", interrupted, move || registries.referrers(&image))?;
    let mut copied = Vec::new();
    for one in listed.map_err(failed)? {
        let kind = one.artifact_type.clone();
        let (from, to, registries) = (from.clone(), to.clone(), context.registries.clone());
        let done = abandonable("copy", interrupted, move || {
            registries.attach(&to, &artifact(&one, &from, &registries)?)
        })?;
        copied.push((kind, done.map_err(failed)?));
    }
    Ok(copied)
}

/// An artifact as it is. Its layers are fetched when they are sent.
fn artifact(one: &Referrer, image: &Pinned, registries: &Registries) -> Result<Upload, RegistryError> {
    let place = image.reference().with_digest(one.digest);
    let wrong = |why: &str| RegistryError::Protocol { what: place.to_string(), why: why.to_owned() };
    let found = registries.manifest(&place)?;
    let manifest: Value = serde_json::from_slice(&found.bytes).unwrap_or_default();
    if manifest["subject"]["digest"] != image.digest().to_string() {
        return Err(wrong("it is listed as evidence about the image, but refers to another one"));
    }
    if found.is_index() {
        return Err(wrong("it is an index, which is not copied as evidence"));
    }
    let descriptor = |value: &Value| -> Option<(Digest, u64)> {
        Some((value["digest"].as_str()?.parse().ok()?, value["size"].as_u64()?))
    };
    let layers = manifest["layers"].as_array().into_iter().flatten().map(descriptor);
    let layers: Option<Vec<_>> = layers.collect();
    let (Some(layers), Some((digest, size))) = (layers, descriptor(&manifest["config"])) else {
        return Err(wrong("its manifest has something that is not a descriptor"));
    };
    if size > MANIFEST_LIMIT {
        return Err(wrong("its configuration is longer than 4 MiB"));
    }
    let mut config = Vec::new();
    let mut reader = registries.blob(&place, digest, size)?;
    reader.read_to_end(&mut config).map_err(|source| RegistryError::Blob { digest, source })?;
    Ok(Upload {
        layers: layers.into_iter().map(|(digest, size)| registries.source(&place, digest, size)).collect(),
        config,
        manifest: found.bytes,
        media_type: found.media_type,
    })
}
