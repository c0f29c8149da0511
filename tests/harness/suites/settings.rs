//! What the tests of `settings` share, whichever binary they are in.

use super::super::common::{Place, Ran, run};
use serde_json::Value;
use std::path::Path;

/// A place with a function, these settings, and a directory far below them.
pub fn place(file: &str) -> Place {
    let place = Place::with_function();
    place.write("lambda-img.toml", file);
    place.dir("deep/er");
    place
}

/// Runs the tool in a directory of a place.
pub fn run_in(place: &Place, dir: &str, arguments: &str) -> Ran {
    run(place.tool(arguments).current_dir(place.path(dir)))
}

/// What `config --json` says of the only function.
pub fn settings(ran: &Ran) -> Value {
    let said = ran.json();
    assert_eq!(said["functions"].as_array().map(Vec::len), Some(1), "{said}");
    said["functions"][0].clone()
}

/// The schema, as the tool prints it.
pub fn schema() -> Value {
    Place::new().run("config --schema").json()
}

/// A file of the repository, which is `text`; with `UPDATE_GOLDENS` it is made so.
pub fn golden(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "`{}` is not what the tool says: UPDATE_GOLDENS=1 writes it", path.display());
}
