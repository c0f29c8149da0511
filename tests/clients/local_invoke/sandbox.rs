//! What a function sees and may do: the same as in Lambda.

use std::fs;

use serde_json::{Value, json};

use super::{answer, as_nobody, invoke, python};
use crate::harness::common::{Place, must, run, until};
use crate::harness::layout::add_layer;

/// Tells what it sees.
const LOOKER: &str = r#"
import os, pwd, resource
def tried(what):
    try:
        return what() or "done"
    except OSError as error:
        return error.strerror
def handler(event, context):
    status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    return {
        "event": event,
        "uid": os.getuid(), "gid": os.getgid(), "user": pwd.getpwuid(os.getuid()).pw_name,
        "capabilities": status["CapEff"], "no_new_privileges": status["NoNewPrivs"],
        "dev": sorted(os.listdir("/dev")),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()),
        "code": tried(lambda: open("/var/task/new", "w").close()),
        "root": tried(lambda: os.mkdir("/new")),
        "device": tried(lambda: open("/dev/new", "w").close()),
        "shm": tried(lambda: open("/dev/shm/new", "w").close()),
        "null": tried(lambda: open("/dev/null", "w").close()),
        "tmp": tried(lambda: open("/tmp/new", "w").close()),
        "private": tried(lambda: open("/var/task/private").read()),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        "home": os.environ.get("HOME"), "secret": os.environ.get("A_SECRET_OF_THE_HOST"),
        "handler": os.environ["_HANDLER"],
        "own": os.environ.get("OWN"), "image": os.environ.get("OF_THE_IMAGE"),
        "keys": os.environ.get("AWS_ACCESS_KEY_ID"),
        "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
        "host": open("/etc/hosts").read(),
    }
"#;

fn looker() -> Place {
    let place = python(LOOKER);
    place.write("fn/private", "x");
    place
}

/// What is the same in every mode.
fn assert_lambda(seen: &Value) {
    assert_eq!(seen["event"], json!({"a": 1}));
    assert_eq!(
        (&seen["uid"], &seen["gid"], &seen["user"]),
        (&json!(993), &json!(990), &json!("sbx_user1051"))
    );
    assert_eq!(seen["capabilities"], "0000000000000000");
    assert_eq!(seen["no_new_privileges"], "1");
    let devices = ["fd", "full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero"];
    assert_eq!(seen["dev"], json!(devices));
    for read_only in ["code", "root", "device"] {
        assert_eq!(seen[read_only], "Read-only file system", "{read_only}: {seen}");
    }
    assert_eq!(
        (&seen["shm"], &seen["null"], &seen["tmp"]),
        (&json!("No such file or directory"), &json!("done"), &json!("done"))
    );
    assert_eq!(seen["descriptors"], json!([1024, 1024]));
    assert_eq!((&seen["home"], &seen["secret"], &seen["keys"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(seen["own"], "1");
    assert_eq!(seen["arn"], "arn:aws:lambda:eu-central-1:123456789012:function:orders");
    assert_eq!(seen["memory"], "256");
    assert!(seen["host"].as_str().unwrap().contains("sandbox.localdomain"));
    // The first process alone.
    assert_eq!(seen["processes"], json!([1]));
}

const OPTIONS: &str =
    r#"--event {"a":1} --set-env OWN=1 --memory 256 --region eu-central-1 --function-name orders"#;

#[test]
fn a_function_sees_what_it_sees_in_lambda() {
    let place = looker();
    let mut command = place.tool(&format!("invoke hello {OPTIONS}"));
    let ran = run(command.env("A_SECRET_OF_THE_HOST", "x").env("AWS_ACCESS_KEY_ID", "AKIA"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_lambda(&serde_json::from_str(&ran.stdout).unwrap());
    assert!(ran.stderr.contains("sandbox: root\n"), "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.starts_with("REPORT RequestId: ") && last.contains("\tInit Duration: "), "{last}");
}

#[test]
fn a_function_sees_the_same_without_privileges() {
    let place = looker();
    let ran = as_nobody(&place, &format!("invoke hello --base oci:base:base {OPTIONS}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_lambda(&serde_json::from_str(&ran.stdout).unwrap());
    assert!(ran.stderr.contains("sandbox: user-namespaces; "), "{}", ran.stderr);
}

/// A layer of another tool: a file that root alone may read, a directory that others may not enter.
#[test]
fn a_file_for_root_alone_is_denied_in_every_mode() {
    let place = python(
        "def handler(event, context):\n    said = []\n    for path in ['/var/task/secret', '/var/task/closed/file', '/var/task/open']:\n\
         \x20       try: said.append(open(path).read())\n        except OSError as error: said.append(error.strerror)\n    return said\n",
    );
    must(&mut place.tool("build hello -o oci:image:v1"));
    let script = "cd root/var/task; mkdir closed; for file in secret open closed/file; do printf x >$file; done; \
        chmod 600 secret; chmod 604 open; chmod 750 closed; cd ../../..; pack var/task/secret var/task/open var/task/closed";
    add_layer(&place, script);
    let expected = json!(["Permission denied", "Permission denied", "x"]);
    let ran = place.run("invoke oci:image:v1");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), expected);
    let ran = as_nobody(&place, "invoke oci:image:v1");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), expected);
}

#[test]
fn an_environment_is_kept_between_events_and_so_is_its_tmp() {
    let place = python(
        "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    open('/tmp/events', 'a').write('x')\n    return [count, len(open('/tmp/events').read())]\n",
    );
    let ran = invoke(&place, "--count 3");
    assert_eq!(ran.stdout, "[1, 1]\n[2, 2]\n[3, 3]\n");
    assert_eq!(ran.stderr.matches("Init Duration").count(), 1, "{}", ran.stderr);
}

#[test]
fn credentials_reach_a_function_only_where_it_is_said() {
    let place = python(
        "import os\ndef handler(event, context):\n    return [os.environ.get(name) for name in ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']]\n",
    );
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_SESSION_TOKEN", "c")];
    let with_keys = |options: &str| {
        let mut command = place.tool(&format!("invoke hello {options}"));
        run(command.envs(keys))
    };
    assert_eq!(with_keys("").stdout, "[null, null, null]\n");
    assert_eq!(with_keys("--pass-credentials").stdout, "[\"a\", \"b\", \"c\"]\n");
    let ran = invoke(&place, "--pass-credentials");
    assert_eq!(ran.code, Some(2), "{ran:?}");

    let keys = r#"{"Version": 1, "AccessKeyId": "d", "SecretAccessKey": "e", "SessionToken": "f"}"#;
    let process = place.script("keys", format!("#!/bin/sh\necho '{keys}'\n"));
    let profiles = format!(
        "[profile work]\ncredential_process = {}\n[profile plain]\naws_access_key_id = g\naws_secret_access_key = hidden\n",
        process.display()
    );
    let profiles = place.write("profiles", profiles);
    let with_profile = |name: &str| {
        let mut command = place.tool(&format!("invoke hello --aws-profile {name}"));
        run(command.env("AWS_CONFIG_FILE", &profiles).env("AWS_SHARED_CREDENTIALS_FILE", place.path("none")))
    };
    assert_eq!(with_profile("work").stdout, "[\"d\", \"e\", \"f\"]\n");
    let plain = with_profile("plain");
    assert_eq!(plain.stdout, "[\"g\", \"hidden\", null]\n");
    assert!(!plain.stderr.contains("hidden"), "{plain:?}");
    let none = with_profile("other");
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.stderr.contains("the AWS profile `other` has no credentials"), "{none:?}");
}

/// Between two events, no process of the environment runs.
#[test]
fn an_environment_is_frozen_between_events() {
    let marker = format!("FROZEN={}", std::process::id());
    let place = python(
        "import itertools, threading\ncount = itertools.count()\ndef work():\n    while True: next(count)\n\
         threading.Thread(target=work, daemon=True).start()\ndef handler(event, context):\n    return next(count)\n",
    );
    let mut served = super::served::Served::of(place, &format!("hello --set-env {marker}"));
    let url = format!("{}/2015-03-31/functions/hello/invocations", served.url);
    let ask = || served.curl(&["-d", "{}", &url]).stdout.parse::<u64>().unwrap();
    let first = ask();
    let of_runtime = || -> Vec<String> {
        let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let marked = all.filter(|path| {
            fs::read(path.join("environ")).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&marker))
        });
        marked.filter_map(|path| fs::read_to_string(path.join("stat")).ok()).collect()
    };
    // The state, and the time that the process has run (proc_pid_stat(5)).
    let fields = |stat: &String| -> Vec<String> {
        stat.rsplit(')').next().unwrap().split_whitespace().map(str::to_owned).collect()
    };
    until("it is stopped", || {
        let all = of_runtime();
        !all.is_empty() && all.iter().all(|stat| fields(stat)[0] == "T")
    });
    let spent = || of_runtime().iter().map(|stat| fields(stat)[11..13].join(" ")).collect::<Vec<_>>();
    assert_eq!(spent(), spent());
    assert!(ask() > first, "and runs again");
    served.end();
}

#[test]
fn nothing_is_left_when_the_program_is_killed() {
    let place = python(
        "import os, time\ndef handler(event, context):\n    if os.fork() == 0:\n        os.setsid()\n    time.sleep(1000)\n",
    );
    let marker = format!("MARK={}", std::process::id());
    let mut child = place
        .tool(&format!("invoke hello --function-timeout 900 --set-env {marker}"))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let marked = || {
        let environments = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("environ"));
        environments
            .filter(|path| fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&marker)))
            .count()
    };
    // The runtime and the process that left it.
    until("the function runs", || marked() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    until("all processes are gone", || marked() == 0);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains("/roots/"), "{mounts}");
}

#[test]
fn an_unpacked_image_is_counted_and_pruned() {
    let place = python("def handler(event, context):\n    return 1\n");
    answer(&place, "");
    let info: Value = place.run("cache info --json").json();
    // The image, and the base alone, which is below the next image, too.
    assert_eq!(info["roots"], 2, "{info}");
    must(&mut place.tool("cache prune"));
    let info: Value = place.run("cache info --json").json();
    assert_eq!(info["roots"], 0, "{info}");
    assert_eq!(answer(&place, ""), 1);
}
