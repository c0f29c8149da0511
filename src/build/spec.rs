//! Every choice of a build, made before it begins.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::arch::Arch;
use crate::epoch::Epoch;
use crate::examine::CheckOptions;
use crate::media_type::Family;
use crate::publish::Output;
use crate::reference::Reference;
use crate::source::ImageRef;
use crate::source::pins::Pins;
use crate::tree::ImagePath;

/// What to build, from what, into what. The default leaves everything to the runtime, and names none.
#[derive(Clone, Debug, Default)]
pub struct BuildSpec {
    /// The function: a directory, a zip or jar, or one file.
    pub path: PathBuf,
    /// Identifier of its runtime, as `python3.12`.
    pub runtime: String,
    /// What to build for: one image each.
    pub archs: Vec<Arch>,
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
    pub family: Option<Family>,
    /// Whether to have more than one layer.
    pub split: Split,
    /// Where to put the images.
    pub outputs: Vec<Output>,
    /// What the caller writes besides: no part of a function either.
    pub written: Vec<PathBuf>,
    /// Where to push the images: `registry/repository:tag`.
    pub push: Vec<Reference>,
    /// Where new layers wait that only go to registries.
    pub scratch: PathBuf,
    /// When the build began, in nanoseconds since 1970: what changed about then or later cannot be told
    /// from what it was by its times alone. No byte of an image depends on it.
    pub began: i64,
    /// Whether to make everything anew, and to remember nothing of it.
    pub forget: bool,
    /// What the images are checked for before they are published, if they are.
    pub check: Option<CheckOptions>,
    /// Whether to find the images' digests only, and write nothing.
    pub dry_run: bool,
    /// Whether the new layers can be read as long as the result lives, also where nothing is written.
    pub keep: bool,
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
#[derive(Clone, Debug)]
pub struct Add {
    /// The file or directory; a directory's content goes below `to`.
    pub from: PathBuf,
    /// The path in the image; `None` for its root.
    pub to: Option<ImagePath>,
    /// Whether `to` was written as a directory, with a `/` at its end: a file goes below it then.
    pub into: bool,
}
