//! Puts the new layers on each base: one image for each architecture.

use std::collections::BTreeMap;

use super::bases::{Base, Choice};
use super::built::BuiltImage;
use super::error::BuildError;
use super::layers::NewLayer;
use super::spec::BuildSpec;
use crate::image::{Addition, CREATED_BY_PREFIX, Edits, FORMAT_ANNOTATION, Image, assemble};
use crate::media_type::Family;
use crate::pack::LAYER_FORMAT;
use crate::source::ImageRef;

/// Puts the new layers on each base.
///
/// # Errors
/// [`BuildError::Config`]: a base whose configuration cannot be extended.
pub fn make(
    spec: &BuildSpec,
    edits: &Edits,
    bases: &[Base<'_>],
    layers: &[NewLayer],
) -> Result<Vec<BuiltImage>, BuildError> {
    // Never the base's or an output's: one build has one digest, whatever way it leaves.
    let family = spec.media_types.unwrap_or(Family::Oci);
    let mut images = Vec::new();
    for Base { choice: Choice { arch, wanted, .. }, image: base } in bases {
        let mine = layers.iter().filter(|new| new.report.arch.is_none_or(|only| only == *arch));
        let additions = mine.map(|new| Addition {
            layer: new.layer.clone(),
            created_by: format!("{CREATED_BY_PREFIX}{}", new.report.role.name()),
        });
        let annotations = annotations(spec, wanted, base);
        let image = assemble(base, family, additions.collect(), edits, &annotations, spec.epoch)?;
        images.push(BuiltImage { arch: *arch, image, base: wanted.clone(), base_layers: base.layers.len() });
    }
    Ok(images)
}

/// What the image says of itself (OCI image specification, "annotations"), and what the user adds. A
/// path of the host is never part of it: it would move the digest from machine to machine.
fn annotations(spec: &BuildSpec, wanted: &ImageRef, base: &Image) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |key: &str, value: String| all.insert(key.to_owned(), value);
    if *wanted != ImageRef::Scratch {
        add("org.opencontainers.image.base.digest", base.digest.to_string());
        if let Some(name) = &base.name {
            add("org.opencontainers.image.base.name", name.clone());
        }
    }
    add("org.opencontainers.image.created", spec.epoch.rfc3339());
    all.extend(spec.annotations.clone());
    all.insert(FORMAT_ANNOTATION.to_owned(), LAYER_FORMAT.to_string());
    all
}
