//! What the tests of `rebuild` share, whichever binary they are in.

use super::super::common::{Place, must, noise};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub const BUILD: &str = "build fn -r provided.al2023 -b embedded --cache-dir cache";

/// A function with a dependency-sized layer: text that deflates, and a model that does not.
pub fn place() -> Place {
    place_of(60, 3 << 20)
}

/// The same with fewer modules of 60 kB, and a model of `model` bytes.
pub fn place_of(modules: usize, model: usize) -> Place {
    let place = Place::with_function();
    for number in 0..modules {
        let text = format!("line {number} of a file\n").repeat(3000);
        place.write(&format!("fn/lib/module{number}.py"), text);
    }
    place.write("fn/model.bin", noise(model, 1));
    // Older than the clock's grain.
    must(Command::new("find").arg(place.path("fn")).args(["-exec", "touch", "-d", "2020-01-01", "{}", "+"]));
    std::thread::sleep(std::time::Duration::from_millis(100));
    place
}

pub fn build(place: &Place, more: &str) -> String {
    place.run(&format!("{BUILD} {more}")).digest()
}

/// What a build without any cache makes of the function now.
pub fn fresh(place: &Place) -> String {
    let _ = fs::remove_dir_all(place.path("out/fresh"));
    build(place, "-o oci:out/fresh --no-cache")
}

/// The numbers of the row of `-v` for a phase: what went through it, and what the cache saved it.
pub fn phase(stderr: &str, name: &str) -> String {
    let row = stderr.lines().find(|line| line.trim_start().starts_with(&format!("{name} ")));
    row.unwrap_or_else(|| panic!("no {name} in {stderr}")).to_owned()
}

pub fn cache_files(place: &Place) -> Vec<PathBuf> {
    if !place.path("cache").exists() {
        return Vec::new();
    }
    let found = must(Command::new("find").arg(place.path("cache")).args(["-type", "f"]));
    let mut files: Vec<PathBuf> = found.stdout.lines().map(PathBuf::from).collect();
    files.retain(|file| !file.ends_with("CACHEDIR.TAG"));
    files.sort();
    files
}

/// A private key that is nobody's.
pub fn key() -> String {
    let letters = "q7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTB";
    format!("-----BEGIN RSA PRIVATE KEY-----\n{letters}{letters}\n{letters}\n-----END RSA PRIVATE KEY-----\n")
}
