//! `lambda-img invoke`: real runtime clients in the sandbox, on stand-ins of AWS's bases.

mod aws_cli;
mod command_line;
mod concurrent;
mod conformance;
mod emulated;
mod faults;
mod languages;
mod many;
mod modes;
mod runtimes;
mod samples;
mod sandbox;
mod served;
mod telemetry;
mod unpacking;
mod watched;

use std::process::Command;

use serde_json::Value;

use crate::harness::common::{Place, Ran, must, run};
use crate::harness::support::stand_in;

/// A Python function `fn`, with this code in `app.py`.
fn python(code: &str) -> Place {
    let place = hello("python3.11", "handler = \"app.handler\"\n");
    place.write("fn/app.py", code);
    place
}

/// A function `hello` in the directory `fn`, which is empty, on the stand-in base of a runtime, with `more` settings.
fn hello(runtime: &str, more: &str) -> Place {
    let place = Place::new();
    let base = stand_in(runtime);
    let settings = format!(
        "[functions.hello]\nruntime = \"{runtime}\"\npath = \"fn\"\nbase = \"oci:{}:base\"\n{more}",
        base.display()
    );
    place.write("lambda-img.toml", settings);
    place
}

/// Invokes the function with options that spaces part.
fn invoke(place: &Place, options: &str) -> Ran {
    run(&mut place.tool(&format!("invoke hello {options}")))
}

/// Its answer.
fn answer(place: &Place, options: &str) -> Value {
    let ran = invoke(place, options);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// The tool as the user `nobody`, who has no privileges: with copies of the tool and of the base (`oci:base:base`), and a
/// cache of its own.
fn as_nobody(place: &Place, arguments: &str) -> Ran {
    run(&mut by_nobody(place, Command::new("setpriv"), arguments))
}

/// The same, where `setpriv` is started by another program.
fn by_nobody(place: &Place, mut command: Command, arguments: &str) -> Command {
    let (tool, cache) = (place.copied_tool(), place.dir("cache of nobody"));
    must(Command::new("cp").arg("-r").arg(stand_in("python3.11")).arg(place.path("base")));
    must(Command::new("chmod").args(["-R", "a+rX"]).arg(place.path("")));
    let nobody = 65_534;
    std::os::unix::fs::chown(&cache, Some(nobody), Some(nobody)).unwrap();
    command.args([
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ]);
    command.arg(tool).args(arguments.split_whitespace()).current_dir(place.path(""));
    command.env("LAMBDA_IMG_CACHE", cache).env("HOME", "/nonexistent").env("TMPDIR", "/tmp");
    command
}
