//! The checks of a build and of a push: nothing is published of an image with a finding that is denied.

use std::sync::Arc;

use super::built::BuiltImage;
use super::error::BuildError;
use crate::check::{Document, Report, checks_version};
use crate::context::Context;
use crate::examine::read::{base_layers, see_image};
use crate::examine::surveys::Surveys;
use crate::examine::verdict::judge;
use crate::examine::{Checked, Checking};
use crate::image::Image;
use crate::key::Key;
use crate::runtime;
use crate::source::{ImageRef, Workplace};
use crate::store::cache::RecordKind;
use crate::work::Run;

/// Checks images that were built, before anybody sees them: the layers made here; those of a base of others
/// only where `checking.deep`.
///
/// # Errors
/// [`BuildError::Denied`], and those of reading.
pub fn built(
    images: &[BuiltImage],
    checking: &Checking,
    surveys: &Surveys,
    run: Run<'_>,
    context: &Context,
) -> Result<Vec<Checked>, BuildError> {
    let check = |built: &BuiltImage| {
        let name = format!("image for {}", built.arch);
        // What starts is judged by the whole image: of a base made here all is known, and it is small.
        let skip = if checking.deep || built.base == ImageRef::Embedded { 0 } else { built.base_layers };
        let question = question(&built.image, (built.base_layers, skip), checking);
        let kept = surveys.cache().filter(|_| !checking.ask_base);
        if let Some(report) =
            kept.and_then(|cache| Report::from_bytes(&cache.memo(RecordKind::Verdict, question)?))
        {
            let all = built.image.layers.len();
            let profile = checking.runtime.as_deref().map(runtime::profile).transpose()?;
            let (digest, arch) = (Some(built.image.digest), Some(built.arch));
            return Ok::<_, BuildError>(Checked {
                name,
                digest,
                arch,
                profile,
                layers: (all - skip, all),
                report,
            });
        }
        let seen = see_image(&built.base, &built.image, built.base_layers, skip, surveys, run)?;
        let checked = judge(name, seen, checking, run.jobs, context)?;
        if let Some(cache) = kept {
            cache.keep_memo(RecordKind::Verdict, question, &checked.report.to_bytes());
        }
        Ok(checked)
    };
    accepted(images.iter().map(check).collect::<Result<_, _>>()?)
}

/// Everything that the findings in an image depend on: the code, the image, which of its layers are the
/// base's, which are looked at, and what the user wants.
fn question(image: &Image, (base_layers, skip): (usize, usize), checking: &Checking) -> Key {
    let mut hasher = checks_version();
    hasher.update(image.digest.as_bytes());
    [base_layers, skip].iter().for_each(|count| hasher.update(&count.to_le_bytes()));
    checking.hash(&mut hasher);
    hasher.finish()
}

/// Checks an image that is about to be copied; the layers of one in a registry only where `checking.deep`.
///
/// # Errors
/// As [`built`].
pub fn copied(
    source: &ImageRef,
    image: &Image,
    checking: &Checking,
    at: &Workplace<'_>,
) -> Result<Vec<Checked>, BuildError> {
    let config = Document::new(Arc::clone(image.config.bytes()));
    let base_layers = base_layers(&config, image.layers.len());
    let remote = matches!(source, ImageRef::Registry(_));
    // Its layers stream from one registry to the other, and are kept nowhere.
    let skip = if remote && !checking.deep { image.layers.len() } else { 0 };
    let surveys = Surveys::new(Some(at.context.cache.clone()));
    let seen = see_image(source, image, base_layers, skip, &surveys, at.run)?;
    accepted(vec![judge(source.to_string(), seen, checking, at.run.jobs, at.context)?])
}

fn accepted(checked: Vec<Checked>) -> Result<Vec<Checked>, BuildError> {
    let denied = checked.iter().any(|one| one.report.denied().next().is_some());
    if denied { Err(BuildError::Denied(checked)) } else { Ok(checked) }
}
