//! What Lambda or the base would refuse.

use crate::arch::Arch;
use crate::tree::ImagePath;

/// What Lambda or the base would refuse. Found before anything is written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// Lambda could not start the image, because it has no program to start.
    #[error("the image has no entry point: base `{base}` does not set one")]
    NoEntrypoint {
        /// The base.
        base: String,
    },
    /// The file has no content, so Lambda cannot start it.
    #[error("entry program `/{path}` (from `{origin}`) is empty")]
    EmptyProgram {
        /// The path in the image.
        path: ImagePath,
        /// The file on the host.
        origin: String,
    },
    /// In a layer, such a name does not add a file. It deletes one.
    #[error(
        "`/{path}` (from `{origin}`) has a name that begins with `.wh.`, which deletes a file of the layers below"
    )]
    Whiteout {
        /// The path in the image.
        path: ImagePath,
        /// The file on the host.
        origin: String,
    },
    /// A file would replace a directory that every base has.
    #[error("`/{path}` is a directory in the base, but `{origin}` is not a directory")]
    SystemDirectory {
        /// The path in the image.
        path: ImagePath,
        /// The file on the host.
        origin: String,
    },
    /// The base has a symlink at a path where the layer would put a directory.
    #[error(
        "`/{path}` is a symlink in images of Amazon Linux: a layer that has a directory in its place breaks the \
         base"
    )]
    SystemLink {
        /// The path in the image.
        path: ImagePath,
    },
    /// The entry script of AWS's bases takes one argument.
    #[error(
        "the entry point `{entrypoint}` takes exactly one argument, the handler, but the command has {count}: {cmd}"
    )]
    Command {
        /// The entry point.
        entrypoint: String,
        /// Number of elements of the command.
        count: usize,
        /// The command, as JSON.
        cmd: String,
    },
    /// The variables are larger than Lambda allows.
    #[error("the environment has {size} bytes; Lambda allows at most {limit}")]
    Environment {
        /// Its size in bytes.
        size: usize,
        /// The most, in bytes.
        limit: usize,
    },
    /// The files are larger than Lambda allows.
    #[error(
        "the image has at least {size} bytes uncompressed; Lambda allows at most {limit}; its largest file is \
         `{largest}` with {largest_size} bytes"
    )]
    TooBig {
        /// The largest file of the new layers.
        largest: String,
        /// Its size in bytes.
        largest_size: u64,
        /// Its least size in bytes.
        size: u64,
        /// The most, in bytes.
        limit: u64,
    },
    /// Lambda would answer with `exec format error`.
    #[error("`/{path}` (from `{origin}`) is an executable for {found}, but the image is for {arch}")]
    Machine {
        /// The path in the image.
        path: ImagePath,
        /// The file on the host.
        origin: String,
        /// Its architecture.
        found: String,
        /// The image's.
        arch: Arch,
    },
    /// The kernel would search an interpreter whose name ends in a carriage return.
    #[error("`/{path}` (from `{origin}`) is a script whose first line ends in CR LF")]
    CarriageReturn {
        /// The path in the image.
        path: ImagePath,
        /// The file on the host.
        origin: String,
    },
}
