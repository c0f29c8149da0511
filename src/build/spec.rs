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
    /// The handler; else the family's usual one.
    pub handler: Option<String>,
    /// The base; else the runtime's own image.
    pub base: Option<ImageRef>,
    /// What holds bases of registries where they are: the lock file.
    pub pins: Pins,
    /// Whether to build on nothing in a registry that neither a pin nor its own digest holds.
    pub locked: bool,
    /// A file to start as the custom runtime.
    pub bootstrap: Option<PathBuf>,
    /// Lambda layers, zips or directories, later ones over earlier ones.
    pub lambda_layers: Vec<PathBuf>,
    /// Executables for `/opt/extensions`.
    pub extensions: Vec<PathBuf>,
    /// More files.
    pub adds: Vec<Add>,
    /// Patterns of what to leave out of the function, in `.dockerignore`'s language.
    pub excludes: Vec<String>,
    /// Whether to keep what developers' tools have in the function's directory, such as `.venv` and `.idea`.
    pub no_default_excludes: bool,
    /// Variables to set.
    pub env: BTreeMap<String, String>,
    /// Labels to set.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifest to set.
    pub annotations: BTreeMap<String, String>,
    /// `Entrypoint`, in the place of the base's.
    pub entrypoint: Option<Vec<String>>,
    /// `Cmd`, in the place of the handler.
    pub cmd: Option<Vec<String>>,
    /// `WorkingDir`, in the place of the base's.
    pub workdir: Option<String>,
    /// Whose media types to use; else OCI's, whatever the base's are.
    pub media_types: Option<Family>,
    /// Whether to have more than one layer.
    pub split: Split,
    /// The time that the images carry.
    pub epoch: Epoch,
}

/// How the files of a function become layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// What changes seldom below what changes often, by the rules of the family.
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
