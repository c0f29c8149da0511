//! What a build returns.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::bases::Unpinned;
use super::layer_role::LayerRole;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::examine::Checked;
use crate::image::Image;
use crate::pack::Packed;
use crate::publish::registry::Pushed;
use crate::registry_cache::Exchanged;
use crate::runtime::RuntimeProfile;
use crate::source::ImageRef;
use crate::step::Cause;
use crate::store::Staging;
use crate::tree::ImagePath;

/// What a build made.
#[non_exhaustive]
pub struct Built {
    /// The runtime.
    pub profile: RuntimeProfile,
    /// One image for each architecture, in the order asked for.
    pub images: Vec<BuiltImage>,
    /// The new layers, lowest first: the same in every image, but for those of one architecture.
    pub layers: Vec<LayerReport>,
    /// What became of each step, in order.
    pub steps: Vec<StepReport>,
    /// What checks found in each image, where they were asked for.
    pub checked: Vec<Checked>,
    /// What was put where, by image and output.
    pub published: Vec<Published>,
    /// What was pushed, by image and repository.
    pub pushed: Vec<(Arch, Pushed)>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// The bases that are not pinned, where there are any.
    pub unpinned: Option<Unpinned>,
    /// What the process took from the registry cache and wrote there until now, where it has one.
    pub registry_cache: Option<Exchanged>,
    /// What stayed out of the function only because developers' tools keep it, in the order of paths.
    pub left_out: Vec<String>,
    /// Holds the new layers: the images can be read as long as this lives.
    pub(super) _staging: Arc<Staging>,
}

impl Built {
    /// The new layers in the image for `arch`, lowest first.
    pub fn layers_of(&self, arch: Arch) -> impl Iterator<Item = &LayerReport> {
        self.layers.iter().filter(move |layer| layer.arch.is_none_or(|only| only == arch))
    }

    /// What became of the steps that the image for `arch` has, in order.
    pub fn steps_of(&self, arch: Arch) -> impl Iterator<Item = &StepReport> {
        self.steps.iter().filter(move |step| step.arch.is_none_or(|only| only == arch))
    }
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digests = Vec::from_iter(self.images.iter().map(|one| (one.arch, one.image.digest)));
        f.debug_struct("Built").field("images", &digests).finish_non_exhaustive()
    }
}

/// One image.
#[non_exhaustive]
pub struct BuiltImage {
    /// What it runs on.
    pub arch: Arch,
    /// The image.
    pub image: Image,
    /// The base, as it was asked for.
    pub base: ImageRef,
    /// How many of its layers are the base's.
    pub base_layers: usize,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepReport {
    /// Its name.
    pub name: Arc<str>,
    /// The architecture that it was for; none, where it is the same for all.
    pub arch: Option<Arch>,
    /// Why it ran; none, where what it made is remembered.
    pub ran: Option<Cause>,
    /// Whether it did not run because another machine made it: it is from the registry cache.
    pub taken: bool,
    /// Its layer; none, where it made nothing.
    pub layer: Option<Digest>,
    /// Files of its directory that it opened and does not declare, where that was asked for.
    pub undeclared: Option<BTreeSet<PathBuf>>,
}

/// One new layer.
#[derive(Clone)]
#[non_exhaustive]
pub struct LayerReport {
    /// What it holds.
    pub role: LayerRole,
    /// The step that made it.
    pub step: Option<Arc<str>>,
    /// The architecture that alone has it; none, where all have it.
    pub arch: Option<Arch>,
    /// Paths of its files and links, in order.
    pub files: Arc<[ImagePath]>,
    /// Digests and sizes.
    pub packed: Packed,
}

/// One image in one output.
#[non_exhaustive]
pub struct Published {
    /// What it runs on.
    pub arch: Arch,
    /// The output, with the image's tag.
    pub target: String,
    /// Digest of the image's manifest.
    pub digest: Digest,
}
