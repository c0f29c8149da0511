//! A base, and what it is called.

use super::error::RebaseError;
use super::wanted::Wanted;
use crate::arch::Arch;
use crate::check::by_name;
use crate::image::Image;
use crate::runtime::RuntimeProfile;
use crate::source::{self, ImageRef, SourceEnv};

/// A base: what it is called, and its image.
pub(super) struct Base {
    pub name: String,
    pub image: Image,
}

impl Base {
    /// Reads it; a tag that is pinned is the pinned image.
    pub fn load(
        wanted: &ImageRef,
        want: &Wanted,
        arch: Arch,
        at: &SourceEnv<'_>,
    ) -> Result<Self, RebaseError> {
        let pin = match wanted {
            ImageRef::Registry(reference) if reference.digest().is_none() => want.pins.find(reference, arch),
            _ => None,
        };
        let image = source::load(wanted, pin.map(|pin| pin.digest), arch, &[], at)?;
        Ok(Self { name: wanted.to_string(), image })
    }

    /// The runtime that its name says.
    pub fn runtime(&self) -> Option<RuntimeProfile> {
        self.image.name.as_deref().or(Some(&self.name)).and_then(by_name)
    }
}
