//! The sandbox where the host allows less: what is enforced, and what is refused.

use std::process::Command;

use serde_json::{Value, json};

use super::{by_nobody, invoke, python};
use crate::harness::common::{Place, run};

/// Tells what it may do, without `/proc`.
const LOOKER: &str = r#"
import os, resource, socket
def tried(what):
    try:
        return what() or "done"
    except OSError as error:
        return error.strerror
def handler(event, context):
    return {
        "ids": [os.getuid(), os.getgid(), os.getgroups()],
        "root": sorted(set(os.listdir("/")) & {"home", "var", "proc", "work", "srv"}),
        "code": tried(lambda: open("/var/task/new", "w").close()),
        "hosts": tried(lambda: open("/etc/hosts", "a").close()),
        "tmp": tried(lambda: open("/tmp/new", "x").close()),
        "shm": tried(lambda: open("/dev/shm/new", "w").close()),
        "become root": tried(lambda: os.setuid(0)),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        "network": tried(lambda: socket.create_connection(("192.0.2.1", 80), 0.01)),
        "api": os.environ["AWS_LAMBDA_RUNTIME_API"],
    }
"#;

/// A program that is root in a container without rights to mount or to make namespaces.
fn in_a_container(place: &Place) -> Command {
    let mut command = place.program("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/local_invoke/container.py"));
    command
}

#[test]
fn a_function_without_a_network_reaches_the_runtime_api_alone() {
    let place = python(LOOKER);
    let ran = invoke(&place, "--no-network");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let seen: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(seen["network"], "Network is unreachable", "{seen}");
    // Lambda's own port is free there.
    assert_eq!(seen["api"], "127.0.0.1:9001", "{seen}");
}

#[test]
fn in_a_container_that_may_not_mount_root_changes_root_directory_and_user() {
    let place = python(LOOKER);
    let invoke = |options: &str| {
        let tool = place.tool(&format!("invoke hello --json {options}"));
        let mut command = in_a_container(&place);
        run(command.arg(tool.get_program()).args(tool.get_args()))
    };
    for _ in 0..2 {
        let ran = invoke("");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(said["sandbox"]["mode"], "chroot", "{said}");
        assert_eq!(said["sandbox"]["not_enforced"].as_array().unwrap().len(), 4, "{said}");
        let seen = &said["payload"];
        assert_eq!(seen["ids"], json!([993, 990, []]));
        assert_eq!(seen["root"], json!(["proc", "var"]));
        assert_eq!(seen["code"], "Permission denied");
        assert_eq!(seen["hosts"], "Permission denied");
        // Of each environment its own: the file of the first is not there.
        assert_eq!(seen["tmp"], "done");
        assert_eq!(seen["shm"], "No such file or directory");
        assert_eq!(seen["become root"], "Operation not permitted");
        assert_eq!(seen["descriptors"], json!([1024, 1024]));
    }
    let roots = std::fs::read_dir(place.cache().join("roots")).unwrap().flatten();
    let left = roots.filter(|entry| entry.file_name().to_string_lossy().starts_with("environment-"));
    assert_eq!(left.filter(|entry| entry.path().is_dir()).count(), 0);
    let ran = invoke("--no-network");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.contains("cannot be kept from the network in the sandbox mode `chroot`"),
        "{}",
        ran.stderr
    );
}

/// Answers one event, with what the host has.
const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    said = json.dumps([os.getuid(), os.path.isfile(os.environ["LAMBDA_RUNTIME_DIR"] + "/bootstrap")])
    urllib.request.urlopen(api + id + "/response", said.encode()).close()
"#;

#[test]
fn a_user_who_may_make_no_sandbox_is_told_the_ways_out() {
    let place = Place::new();
    place.script("fn/bootstrap", BOOTSTRAP);
    let invoke = |options: &str| {
        let mut command = in_a_container(&place);
        command.arg("setpriv");
        let arguments = format!("invoke fn -r provided.al2023 -b embedded --function-timeout 100 {options}");
        run(&mut by_nobody(&place, command, &arguments))
    };
    let ran = invoke("");
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
    for words in [
        "error: the host refuses a sandbox: unshare\n",
        "kernel.apparmor_restrict_unprivileged_userns=0",
        "run lambda-img as root",
        "`--no-sandbox`",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    let ran = invoke("--no-sandbox");
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "[65534, true]\n"), "{ran:?}");
    assert!(ran.stderr.contains("sandbox: off; the function runs as this user"), "{}", ran.stderr);
}
