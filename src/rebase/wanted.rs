//! What a rebase is of.

use crate::arch::Arch;
use crate::source::ImageRef;
use crate::source::pins::Pins;

/// What to put on another base.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The image.
    pub image: ImageRef,
    /// Which image of an index.
    pub arch: Option<Arch>,
    /// The runtime that it has to have, by Lambda's identifier.
    pub runtime: Option<String>,
    /// The new base; by default what the tag of the image's base is now, else the runtime's.
    pub to: Option<ImageRef>,
    /// The base that the image is on, where it does not say so. Its layers must be the image's first ones.
    pub assume_base: Option<ImageRef>,
    /// Pins of bases.
    pub pins: Pins,
}
