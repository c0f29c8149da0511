//! The checks of a build and of a push: an image with a denied finding is not published.

use std::sync::Arc;

use super::built::BuiltImage;
use super::error::BuildError;
use crate::check::{Document, Report, checks_version};
use crate::context::Context;
use crate::digest::Digest;
use crate::examine::read::{base_layers, view_image};
use crate::examine::surveys::Surveys;
use crate::examine::verdict::judge;
use crate::examine::{CheckOptions, Checked};
use crate::image::Image;
use crate::key::Key;
use crate::runtime;
use crate::source::{ImageRef, SourceEnv};
use crate::store::cache::RecordKind;
use crate::work::Run;

/// Checks images that were built, before they are published: the layers made here, and those of a base of others
/// only where `options.deep`.
///
/// # Errors
/// [`BuildError::Denied`], and those of reading.
pub fn built(
    images: &[BuiltImage],
    options: &CheckOptions,
    surveys: &Surveys,
    run: Run<'_>,
    context: &Context,
) -> Result<Vec<Checked>, BuildError> {
    let mut checked = Vec::new();
    for image in images {
        checked.push(check_image(image, options, surveys, run, context)?);
    }
    refuse_denied(checked)
}

fn check_image(
    built: &BuiltImage,
    options: &CheckOptions,
    surveys: &Surveys,
    run: Run<'_>,
    context: &Context,
) -> Result<Checked, BuildError> {
    let name = format!("image for {}", built.arch);
    // What starts is judged by the whole image: of a base made here all is known, and it is small.
    let skip = if options.deep || built.base == ImageRef::Embedded { 0 } else { built.base_layers };
    // What a registry says now is not remembered.
    let cache = surveys.cache().filter(|_| !options.ask_base);
    // What was found in what others say of layers is only remembered of that.
    let claims: Vec<_> = built.image.layers[skip..].iter().filter_map(|layer| surveys.claim(layer)).collect();
    let claims = claims.iter().map(|claim| claim.said);
    let key = verdict_key(&built.image, (built.base_layers, skip), options, claims);
    let remembered = cache.and_then(|cache| Report::from_bytes(&cache.memo(RecordKind::Verdict, key)?));
    if let Some(report) = remembered {
        let all = built.image.layers.len();
        return Ok(Checked {
            name,
            digest: Some(built.image.digest),
            arch: Some(built.arch),
            profile: options.runtime.as_deref().map(runtime::profile).transpose()?,
            layers: (all - skip, all),
            report,
        });
    }
    let view = view_image(&built.base, &built.image, built.base_layers, skip, surveys, run)?;
    let checked = judge(name, view, options, run.jobs, context)?;
    if let Some(cache) = cache {
        cache.keep_memo(RecordKind::Verdict, key, &checked.report.to_bytes());
    }
    Ok(checked)
}

/// Everything that the findings in an image depend on: the version of the checks, the image, which of its layers
/// are the base's, which are read, the options, and what others say of layers that were not read.
fn verdict_key(
    image: &Image,
    (base_layers, skip): (usize, usize),
    options: &CheckOptions,
    claims: impl Iterator<Item = Digest>,
) -> Key {
    let mut hasher = checks_version();
    hasher.update(image.digest.as_bytes());
    hasher.update(&base_layers.to_le_bytes());
    hasher.update(&skip.to_le_bytes());
    options.hash(&mut hasher);
    claims.for_each(|said| hasher.field(said.as_bytes()));
    hasher.finish()
}

/// Checks an image that is about to be copied; the layers of one in a registry only where `options.deep`.
///
/// # Errors
/// As [`built`].
pub fn copied(
    source: &ImageRef,
    image: &Image,
    options: &CheckOptions,
    at: &SourceEnv<'_>,
) -> Result<Vec<Checked>, BuildError> {
    let config = Document::new(Arc::clone(image.config.bytes()));
    let base_layers = base_layers(&config, image.layers.len());
    let remote = matches!(source, ImageRef::Registry(_));
    // Its layers stream from one registry to the other, and are kept nowhere.
    let skip = if remote && !options.deep { image.layers.len() } else { 0 };
    let surveys = Surveys::new(Some(at.context.cache.clone()));
    let view = view_image(source, image, base_layers, skip, &surveys, at.run)?;
    refuse_denied(vec![judge(source.to_string(), view, options, at.run.jobs, at.context)?])
}

/// Refuses images with a finding that is denied.
fn refuse_denied(checked: Vec<Checked>) -> Result<Vec<Checked>, BuildError> {
    let denied = checked.iter().any(|one| one.report.denied().next().is_some());
    if denied { Err(BuildError::Denied(checked)) } else { Ok(checked) }
}
