//! Why the files of a function cannot become an image.

use std::io;
use std::path::PathBuf;

use crate::family::FamilyError;
use crate::input::InputError;
use crate::tree::{Clash, InvalidPath};

/// Why the files of a function cannot become an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionError {
    /// An input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A path that cannot be in an image.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// Two inputs want one path.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// The function does not fit its family.
    #[error(transparent)]
    Family(#[from] FamilyError),
    /// A Lambda layer is a zip or a directory, not another file.
    #[error("Lambda layer `{}` is neither a zip nor a directory", .0.display())]
    LambdaLayer(PathBuf),
    /// An executable file is needed.
    #[error("`{}` is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// A function for a custom runtime needs a program `bootstrap`.
    #[error("`{}` has no file `bootstrap` in its top directory, and base `{base}` starts `/var/runtime/bootstrap`", path.display())]
    NoBootstrap {
        /// The function.
        path: PathBuf,
        /// The base.
        base: String,
    },
    /// The base cannot run the function, because it is not the base of its runtime.
    #[error("base `{base}` does not contain {runtime}: it starts `/var/runtime/bootstrap`, and `{}` does not have \
             that file", path.display())]
    NoLanguage {
        /// The base.
        base: String,
        /// Display name of the runtime.
        runtime: String,
        /// The function.
        path: PathBuf,
    },
    /// A file that the function starts cannot be read.
    #[error("cannot read `{origin}`")]
    Read {
        /// The file on the host.
        origin: String,
        /// The host's own error.
        source: io::Error,
    },
}
