//! A function in the files of its image, without an engine: the emulator, and what the image starts, in the image's own
//! root and with its own environment.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::common::json_at;
use crate::harness::helpers::{free_port, start};
use crate::harness::support::{emulator, invoke, program};

/// The answer of the function of a bundle to an event.
pub fn answer(bundle: &Path, event: &Value) -> Value {
    let process = json_at(&bundle.join("config.json"))["process"].clone();
    let words = |key: &str| {
        let list = process[key].as_array().cloned().unwrap_or_default();
        list.into_iter().map(|word| word.as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    let root = bundle.join("rootfs");
    fs::copy(emulator(), root.join(".emulator")).expect("the emulator's place");
    let (port, api) = (free_port(), free_port());
    let mut command = program("unshare");
    // Scripts write to /dev/null, and Node.js reads /proc.
    command.args(["--mount", "sh", "-ec"]);
    command.arg("mkdir -p \"$0/dev\" \"$0/proc\"; mount --bind /dev \"$0/dev\"; mount --bind /proc \"$0/proc\"\nexec unshare --root=\"$0\" --wd=/var/task \"$@\"");
    command.arg(&root).arg("/.emulator");
    command.args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
    command.args(["--runtime-api-address", &format!("127.0.0.1:{api}")]).args(words("args"));
    let path = std::env::var("PATH").expect("a path");
    command.env_clear().envs(words("env").iter().filter_map(|line| line.split_once('=')));
    // What enters the root is the host's.
    command.env("PATH", path);
    let server = start(command, port);
    let answer =
        invoke(port, &event.to_string()).unwrap_or_else(|error| panic!("{}: {error}", bundle.display()));
    drop(server);
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in `{answer}`"))
}
