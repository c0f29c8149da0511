//! Whether a base starts the function by itself: a custom runtime whose program is in the base.

use super::bases::Base;
use super::error::{BuildError, FunctionError};
use super::limits::AWS_ENTRYPOINT;
use super::spec::BuildSpec;
use crate::examine::surveys::Surveys;
use crate::image::{Edits, Image};
use crate::source::{ImageName, SourceError};
use crate::survey::{Kind, Resolved, Tree};
use crate::work::Run;

/// What AWS's entry script starts.
const BOOTSTRAP: &str = "/var/runtime/bootstrap";

/// Refuses bases that start nothing by themselves; `lacking` says what the function then lacks. A base starts the
/// function by an entry point of its own, or by AWS's entry script and the bootstrap that the script starts. Whether
/// the program of an entry point is in the image is for the checks to say.
///
/// A command is set for AWS's entry script alone: as in a Dockerfile, another entry point keeps the base's.
///
/// # Errors
/// `lacking`, and those of reading the layers of a base.
pub fn require(
    spec: &BuildSpec,
    lacking: FunctionError,
    bases: &[Base<'_>],
    edits: &mut Edits,
    surveys: &Surveys,
    run: Run<'_>,
) -> Result<(), BuildError> {
    let mut by_script = false;
    for Base { choice, image } in bases {
        let entrypoint = image.config.entrypoint().unwrap_or_default();
        if entrypoint.first().is_none_or(|first| first != AWS_ENTRYPOINT) {
            // That there is none at all is refused by the limits.
            continue;
        }
        by_script = true;
        let read = has_bootstrap(image, surveys, run)?;
        let image = || ImageName::base(&choice.wanted);
        if !read.map_err(|source| SourceError::Read { image: image(), source })? {
            return Err(lacking.into());
        }
    }
    if !by_script && spec.handler.is_none() && spec.cmd.is_none() {
        edits.cmd = None;
    }
    Ok(())
}

/// Whether the layers of an image have the bootstrap. They are read where they are not known.
fn has_bootstrap(
    image: &Image,
    surveys: &Surveys,
    run: Run<'_>,
) -> Result<std::io::Result<bool>, BuildError> {
    let read = surveys.of(&image.layers, run)?;
    Ok(read.map(|surveys| {
        let tree = Tree::new(surveys.iter().map(|survey| &**survey).enumerate(), true);
        match tree.resolve("", BOOTSTRAP) {
            Resolved::At(found) => found.entry.kind != Kind::Dir,
            _ => false,
        }
    }))
}
