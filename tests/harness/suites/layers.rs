//! What the tests of `layers` share, whichever binary they are in.

use super::super::common::{Place, python, run};
use serde_json::Value;

pub const SCRATCH: &str = "-b scratch --entrypoint /start --allow start-missing";

/// The layers of a build, as pairs of what they hold and their digest.
pub fn layers(place: &Place, arguments: &str) -> Vec<(String, String)> {
    let json = place.run(&format!("build fn {SCRATCH} {arguments} --dry-run --json")).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let layers = json["images"][0]["layers"].as_array().unwrap().iter();
    layers.map(|layer| (text(&layer["part"]), text(&layer["digest"]))).collect()
}

/// The files of the function, built of `path` with these options, and what stderr says.
pub fn taken(place: &Place, path: &str, options: &str) -> (Vec<String>, String) {
    let ran = place.run(&format!(
        "build {path} -r python3.12 --cmd app.handler {SCRATCH} --single-layer {options} -o oci:out"
    ));
    ran.digest();
    let entries = place.unjudged("out", "latest").listing(0).entries;
    let files = entries.iter().filter(|entry| entry.kind != lambda_img::survey::Kind::Dir);
    (files.map(|entry| entry.path.trim_start_matches("var/task/").to_owned()).collect(), ran.stderr)
}

/// A project as its developer has it.
pub fn project() -> Place {
    let place = Place::new();
    for name in [
        "app.py",
        "__pycache__/app.cpython-312.pyc",
        ".config/settings.json",
        // No virtual environment: nothing says so.
        "env/prod.json",
        "node_modules/dep/index.js",
        "venv/data.txt",
    ] {
        place.write(&format!("fn/{name}"), "x");
    }
    for name in [
        ".DS_Store",
        ".hg/store/data",
        ".idea/workspace.xml",
        ".mypy_cache/3.12/app.json",
        ".pytest_cache/README.md",
        ".ruff_cache/x",
        ".svn/wc.db",
        ".tox/py/x",
        ".venv/bin/python",
        ".venv/pyvenv.cfg",
        ".vscode/settings.json",
        "node_modules/.cache/babel/x",
        "src/.DS_Store",
    ] {
        place.write(&format!("fn/{name}"), "x");
    }
    place
}
