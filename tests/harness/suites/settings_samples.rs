//! What the tests of `settings_samples` share, whichever binary they are in.

use std::fs;
use std::path::{Path, PathBuf};

pub fn samples(kind: &str) -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/settings").join(kind);
    let mut paths: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What the lines `# KEY: …` say.
pub fn said<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let start = format!("# {key}: ");
    text.lines().filter_map(|line| line.strip_prefix(start.as_str())).collect()
}
