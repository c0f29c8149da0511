//! The corpus of templates: `tests/data/templates/NAME.txt` has the files of a project, written after what public
//! templates do.

use std::fs;
use std::path::Path;

use crate::harness::common::{Place, Ran};

/// A project of the corpus.
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Its files, by path and text.
    pub files: Vec<(String, String)>,
}

impl Shape {
    /// The project in a directory of its own, and what `init` did there.
    pub fn drafted(&self) -> (Place, Ran) {
        let place = Place::new();
        for (path, text) in &self.files {
            place.write(&format!("project/{path}"), text);
        }
        let mut init = place.tool("init --json");
        let ran = crate::harness::common::run(init.current_dir(place.path("project")));
        (place, ran)
    }
}

/// All of it, by name.
pub fn corpus() -> Vec<Shape> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/templates");
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    paths.sort();
    paths.iter().map(|path| shape(path)).collect()
}

fn shape(path: &Path) -> Shape {
    let text = fs::read_to_string(path).unwrap();
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --\n")) {
            Some(path) => files.push((path.to_owned(), String::new())),
            // The first line says what the shape is.
            None => files.last_mut().into_iter().for_each(|(_, text)| text.push_str(line)),
        }
    }
    assert!(!files.is_empty() && text.starts_with("# "), "{}", path.display());
    Shape { name: path.file_stem().unwrap().to_string_lossy().into_owned(), files }
}
