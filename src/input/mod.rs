#![allow(missing_docs)]
use crate::tree::FileTree;
use std::path::{Path, PathBuf};
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct InputError;
#[derive(Default)]
pub struct Exclusions {
    pub globs: Vec<String>,
    pub outputs: Vec<PathBuf>,
    pub ignore_file: bool,
}
#[derive(PartialEq)]
pub enum Kind {
    Dir,
    Zip,
    File,
}
pub struct Collected {
    pub tree: FileTree,
    pub warnings: Vec<String>,
    pub kind: Kind,
}
pub fn collect(_: &Path, _: &Exclusions) -> Result<Collected, InputError> {
    Err(InputError)
}
pub fn collect_plain(_: &Path) -> Result<Collected, InputError> {
    Err(InputError)
}
