//! The images that an output gets, and their tags.

use std::sync::atomic::AtomicBool;

use crate::arch::Arch;
use crate::image::Image;
use crate::progress::Progress;

/// The annotation that holds an image's tag in a layout (OCI image specification, "annotations").
pub(super) const TAG_ANNOTATION: &str = "org.opencontainers.image.ref.name";

/// One image of a build, and what tells it from its siblings.
pub struct Item<'a> {
    /// The image.
    pub image: &'a Image,
    /// Its architecture, where the build makes several: part of its tag.
    pub suffix: Option<Arch>,
}

/// What an output may have to wait for another process with.
pub struct Wait<'a> {
    /// Set where the user does not want to wait any more.
    pub interrupted: &'a AtomicBool,
    /// Hears what is waited for.
    pub progress: &'a dyn Progress,
}

/// A tag with the architecture behind it, where a build makes several.
pub(super) fn tagged(tag: &str, suffix: Option<Arch>) -> String {
    suffix.map_or_else(|| tag.to_owned(), |arch| format!("{tag}-{arch}"))
}
