//! What to build: every choice that decides bytes of the images.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::arch::Arch;
use crate::epoch::Epoch;
use crate::media_type::Family;
use crate::source::ImageRef;
use crate::source::pins::Pins;
use crate::step::Step;
use crate::tree::ImagePath;

/// What to build, and from what. Two builds of one spec on equal files make the same bytes.
///
/// The default names no function, runtime or architecture, and is refused as it is: set `path`, `runtime` and
/// `architectures`. Everything else has a default that suits the runtime.
#[derive(Clone, Debug, Default)]
pub struct BuildSpec {
    /// The function: a directory, a zip or jar, or one file. Empty where it comes from steps alone.
    pub path: PathBuf,
    /// Commands that make parts of it, in order.
    pub steps: Vec<Step>,
    /// Identifier of its runtime, as `python3.12`.
    pub runtime: String,
    /// What to build for, at least one: one image each.
    pub architectures: Vec<Arch>,
    /// The handler; by default the usual one of the language.
    pub handler: Option<String>,
    /// The base; by default the runtime's own image.
    pub base: Option<ImageRef>,
    /// The pins of bases in registries, from the lock file.
    pub pins: Pins,
    /// Whether to fail if the base is in a registry and not pinned, by the lock file or by a digest.
    pub locked: bool,
    /// A file to start as the custom runtime.
    pub bootstrap: Option<PathBuf>,
    /// Lambda layers, zips or directories. Files of later ones replace those of earlier ones.
    pub lambda_layers: Vec<PathBuf>,
    /// Executables for `/opt/extensions`.
    pub extensions: Vec<PathBuf>,
    /// More files.
    pub adds: Vec<Add>,
    /// Patterns of files to leave out of the function, with the syntax of `.dockerignore`.
    pub excludes: Vec<String>,
    /// Whether to keep files of developers' tools in the function's directory, such as `.venv` and `.idea`.
    pub no_default_excludes: bool,
    /// Variables to set.
    pub env: BTreeMap<String, String>,
    /// Labels to set.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifest to set.
    pub annotations: BTreeMap<String, String>,
    /// `Entrypoint`, instead of the base's.
    pub entrypoint: Option<Vec<String>>,
    /// `Cmd`, instead of the handler.
    pub cmd: Option<Vec<String>>,
    /// `WorkingDir`, instead of the base's.
    pub workdir: Option<String>,
    /// The media types of the image; by default OCI's, independent of the base.
    pub media_types: Option<Family>,
    /// Whether to have more than one layer.
    pub split: Split,
    /// The time that the images carry.
    pub epoch: Epoch,
}

/// How the files of a function become layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// Dependencies below code, by the rules of the language family, so that layers that seldom change are reused.
    #[default]
    Auto,
    /// All in one layer.
    None,
}

/// A file or directory of the host and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Add {
    /// The file or directory; a directory's content goes below `to`.
    pub from: PathBuf,
    /// The path in the image; `None` for its root.
    pub to: Option<ImagePath>,
    /// Whether `to` was written as a directory, with a `/` at its end: a file goes below it then.
    pub into: bool,
}
