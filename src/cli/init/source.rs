//! The files of a function's directory that show which language and runtime it has.

use std::fs;
use std::path::{Path, PathBuf};

use lambda_img::store::read_small;
use regex::Regex;

/// The largest file that is looked into, in bytes: sources are smaller.
const LARGE: u64 = 1 << 20;

/// Directories of what is made, fetched or for tests.
pub const NOT_CODE: [&str; 8] = ["build", "target", "node_modules", "vendor", "bin", "obj", "test", "tests"];

/// A directory of code.
pub struct Source<'a> {
    /// Where the settings file will be.
    pub root: &'a Path,
    /// The directory below it, or empty.
    pub dir: &'a str,
}

impl Source<'_> {
    /// Whether it has a file.
    pub fn has(&self, name: &str) -> bool {
        self.root.join(self.dir).join(name).is_file()
    }

    /// The text of a file; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        let path = self.root.join(self.dir).join(name);
        let small = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGE);
        if small {
            read_small(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        } else {
            String::new()
        }
    }

    /// A path of it, relative to the settings file; `.` for the root itself.
    pub fn path(&self, name: &str) -> String {
        let path = slashed(&below(self.dir, name));
        if path.is_empty() { ".".to_owned() } else { path }
    }

    /// The names in a directory of it, sorted.
    pub fn names(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(self.dir).join(dir)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// The files of it and of its directories, at most `depth` down, whose names end so; sorted.
    pub fn files(&self, dir: &str, depth: usize, endings: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for name in self.names(dir) {
            let path = slashed(&below(dir, &name));
            if self.root.join(self.dir).join(&path).is_dir() {
                if depth > 0 && !NOT_CODE.contains(&name.as_str()) {
                    found.extend(self.files(&path, depth - 1, endings));
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
        found
    }

    /// What the pattern's first group finds in a file first.
    pub fn first(&self, name: &str, pattern: &str) -> Option<String> {
        find(&self.text(name), pattern)
    }

    /// The first file, of those named first and then of all of these endings, in which a pattern finds
    /// something, and what.
    pub fn search(
        &self,
        dir: &str,
        depth: usize,
        endings: &[&str],
        first: &[&str],
        pattern: &str,
    ) -> Option<(String, String)> {
        let mut files = self.files(dir, depth, endings);
        let stem = |path: &str| {
            Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
        };
        files.sort_by_key(|path| {
            let rank = first.iter().position(|name| *name == stem(path)).unwrap_or(first.len());
            (path.matches('/').count(), rank)
        });
        files.into_iter().find_map(|path| self.first(&path, pattern).map(|found| (path, found)))
    }
}

/// What the pattern's first group that takes part finds in a text.
pub fn find(text: &str, pattern: &str) -> Option<String> {
    let found = Regex::new(pattern).ok()?.captures(text)?;
    found.iter().skip(1).flatten().next().map(|group| group.as_str().to_owned())
}

/// The path of a file below another, with slashes.
pub fn slashed(path: &Path) -> String {
    let parts: Vec<_> =
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// A path below the root.
pub fn below(dir: &str, name: &str) -> PathBuf {
    Path::new(dir).join(name)
}
