//! `Expectations`: what you say about the function that uses the image: Region, SnapStart, architecture and size.

use crate::arch::Arch;
use crate::date::Date;
use crate::digest::Digest;

/// What the user expects of the image.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The architecture of the function.
    pub arch: Option<Arch>,
    /// The Region of the function.
    pub region: Option<String>,
    /// The most bytes, uncompressed, that the image should have.
    pub max_size: Option<u64>,
    /// Whether the function uses SnapStart.
    pub snapstart: bool,
    /// The day; without it nothing is said about dates.
    pub today: Option<Date>,
    /// What the tag of the base is now, where that was asked.
    pub base: Option<BaseNow>,
}

/// A base's tag then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseNow {
    /// The tag.
    pub name: String,
    /// The image that it was built on.
    pub built_on: Digest,
    /// The image that the tag names now.
    pub now: Digest,
}
