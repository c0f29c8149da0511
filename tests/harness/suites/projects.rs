//! What the tests of `projects` share, whichever binary they are in.

use super::super::pulling::{Shaped, emulator::Emulator};
use lambda_img::arch::Arch;
use lambda_img::runtime;
use std::path::{Path, PathBuf};

pub fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/projects").join(name)
}

/// A registry that has a base for each of these runtimes, at its own place.
pub fn registry(runtimes: &[&str]) -> Emulator {
    let (registry, shaped) = (Emulator::start(&[]), Shaped::new(9, 1000, &[]));
    for id in runtimes {
        let image = runtime::profile(id).unwrap().image(Arch::X86_64).unwrap();
        let (repository, tag) = image.strip_prefix("public.ecr.aws/").unwrap().split_once(':').unwrap();
        shaped.put(&registry, repository, tag, Arch::X86_64);
    }
    registry
}
