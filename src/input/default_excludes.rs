//! Files of developers' tools that a function does not need. They are left out of a directory by default, as if the
//! first lines of its ignore file named them.

use std::fs::FileType;
use std::path::Path;

use crate::store::{archive, is_temporary, layout};
use crate::tree::ImagePath;

/// Directories, at any depth: histories, editors' settings, caches, and what deployment tools made. Names
/// that a function may have a use for, such as `.cache` or `.config`, are not here.
const DIRECTORIES: [&str; 20] = [
    ".aws-sam",
    ".bzr",
    ".direnv",
    ".gradle",
    ".hg",
    ".hypothesis",
    ".idea",
    ".ipynb_checkpoints",
    ".jj",
    ".mypy_cache",
    ".nox",
    ".nyc_output",
    ".pytest_cache",
    ".ruff_cache",
    ".serverless",
    ".svn",
    ".terraform",
    ".tox",
    ".vs",
    ".vscode",
];

/// Files, at any depth.
const FILES: [&str; 3] = [".DS_Store", ".coverage", "Thumbs.db"];

/// What virtual environments of Python are usually called. One is what has a `pyvenv.cfg` too (PEP 405).
const ENVIRONMENTS: [&str; 6] = [".env", ".venv", ".virtualenv", "env", "venv", "virtualenv"];

/// Whether builds of images make what is at `host`: a layout, or an archive of this tool. One that an earlier build
/// wrote must not change what the next one makes. `size` is that of a regular file.
pub(super) fn built(file_type: FileType, size: Option<u64>, host: &Path) -> bool {
    match size {
        Some(size) => archive::is_images(host, size),
        // A link in the place of a directory is one.
        None if file_type.is_dir() || file_type.is_symlink() => {
            layout::is_layout(host) && host.join("blobs").is_dir()
        }
        None => false,
    }
}

/// Whether a build that runs now, or was killed, works in the directory of this name.
pub(super) fn works_in(path: &ImagePath, file_type: FileType) -> bool {
    file_type.is_dir() && is_temporary(path.name())
}

/// Whether a tool keeps what is at `host`, and at `path` in the input.
pub(super) fn kept(path: &ImagePath, file_type: FileType, host: &Path) -> bool {
    let name = path.name();
    // A link in the place of a directory is one: tools follow it.
    match file_type.is_file() {
        true => FILES.contains(&name),
        false if ENVIRONMENTS.contains(&name) => host.join("pyvenv.cfg").is_file(),
        false if name == ".cache" => path.components().rev().nth(1) == Some("node_modules"),
        false => DIRECTORIES.contains(&name),
    }
}
