//! `lambda-img.toml`: what it says, what it refuses, what `init` writes, and that schema, reference and
//! completions say of it and of the command line what is true.

use crate::harness::helpers;

mod checked;
mod help;
mod init;
mod layers;
mod old_names;
mod prepare;
mod samples;
mod shells;
mod terminal;
mod tools;
mod trust;

use std::path::Path;

use crate::harness::common::{Place, Ran, run};
use serde_json::Value;

/// A place with a function, these settings, and a directory far below them.
fn place(file: &str) -> Place {
    let place = Place::with_function();
    place.write("lambda-img.toml", file);
    place.dir("deep/er");
    place
}

/// Runs the tool in a directory of a place.
fn run_in(place: &Place, dir: &str, arguments: &str) -> Ran {
    run(place.tool(arguments).current_dir(place.path(dir)))
}

/// What `config --json` says of the only function.
fn settings(ran: &Ran) -> Value {
    let said = ran.json();
    assert_eq!(said["functions"].as_array().map(Vec::len), Some(1), "{said}");
    said["functions"][0].clone()
}

/// The schema, as the tool prints it.
fn schema() -> Value {
    Place::new().run("config --schema").json()
}

/// A file of the repository, which is `text`; with `UPDATE_GOLDENS` it is made so.
fn golden(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "`{}` is not what the tool says: UPDATE_GOLDENS=1 writes it", path.display());
}
