//! Pushes an existing image to registries without changing a byte of its manifest, after checking it.

use super::check;
use super::error::BuildError;
use crate::arch::Arch;
use crate::examine::{CheckOptions, Checked};
use crate::image::Image;
use crate::publish::registry::{self, Pushed};
use crate::reference::Reference;
use crate::source::{self, ImageRef, SourceEnv};

/// What was copied, and where to.
pub struct Copied {
    /// The image.
    pub image: Image,
    /// What checks found in it.
    pub checked: Vec<Checked>,
    /// Each repository once.
    pub pushed: Vec<Pushed>,
}

/// Pushes the image that `source` names to `targets`, its manifest kept to the byte. Of an index, the
/// image for `arch`.
///
/// # Errors
/// [`BuildError`]: of the source, of a denied finding, or of the push.
pub fn copy(
    source: &ImageRef,
    arch: Option<Arch>,
    targets: &[Reference],
    checking: &CheckOptions,
    at: &SourceEnv<'_>,
) -> Result<Copied, BuildError> {
    let image = source::source(source, arch, at)?;
    let checked = check::copied(source, &image, checking, at)?;
    let pushed = registry::push(&[(&image, targets)], at.context, at.run)?;
    Ok(Copied { image, checked, pushed: pushed.into_iter().flatten().collect() })
}
