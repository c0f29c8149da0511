//! What the tests of `bad_output_layouts` share, whichever binary they are in.

use super::super::common::must;
use std::io::{BufRead, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub fn files(dir: &Path) -> Vec<PathBuf> {
    let found = must(std::process::Command::new("find").arg(dir).args(["-type", "f", "-size", "+100k"]));
    found.stdout.lines().map(PathBuf::from).collect()
}
