//! Zip archives as inputs.

#![no_main]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;

use lambda_img::input::{Exclusions, collect};
use libfuzzer_sys::fuzz_target;

/// One file for all runs, in memory where there is such a place: to make and remove a directory for each costs
/// more than to read an archive.
static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
    dir.keep().join("x.zip")
});

fuzz_target!(|data: &[u8]| {
    std::fs::write(&*PATH, data).expect("a file");
    let _ = collect(&PATH, &Exclusions::default(), NonZeroUsize::MIN);
});
