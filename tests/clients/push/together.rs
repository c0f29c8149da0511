//! Pushes side by side: threads of one process, and processes.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use super::{digest, output, program, text, tool};
use crate::harness::emulator::{Emulator, Fault};
use crate::harness::support::scratch;

/// How late a registry answers, so that what would come at the same time comes meanwhile.
const LATE: Duration = Duration::from_millis(400);

/// A layout `image:v1` of three layers, each of other bytes.
fn image(home: &Path) -> String {
    for (file, words) in [("plain/data", "data"), ("opt/lib", "a library")] {
        fs::create_dir_all(home.join(file).parent().unwrap()).unwrap();
        fs::write(home.join(file), words).unwrap();
    }
    let args = ["build", "plain", "-r", "provided.al2023", "-b", "embedded", "--entrypoint", "/x", "-q"];
    let more = ["--allow", "start-missing", "--lambda-layer", "opt", "-o", "oci:image:v1"];
    let made = output(tool(home).args(args).args(more));
    digest(&made).to_owned()
}

const PUSH: [&str; 4] = ["push", "--allow", "start-missing", "oci:image:v1"];

#[test]
fn processes_that_push_the_same_at_once_send_it_once() {
    let dir = scratch();
    let home = dir.path();
    let digest = image(home);
    let registry = Emulator::start(&[]);
    registry.fault("PATCH", 99, Fault::Late(LATE));
    let start = |tag: &str| {
        let mut command = tool(home);
        command.args(PUSH).arg(format!("{}/f:{tag}", registry.host));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for (tags, puts) in [(["v1", "v1", "v1"], 1), (["v2", "v3", "v3"], 2)] {
        for child in tags.map(start) {
            let out = child.wait_with_output().unwrap();
            let (said, err) = (text(&out.stdout), text(&out.stderr));
            assert_eq!(said, format!("{}/f@{digest}\n", registry.host), "{err}");
        }
        let log = registry.log();
        let count = |part: &str| log.iter().filter(|line| line.starts_with(part)).count();
        let sent = if tags[0] == "v1" { 4 } else { 0 };
        assert_eq!((count("PATCH"), count("PUT /v2/f/manifests/")), (sent, puts), "{log:#?}");
    }
    // Builds, whose layers leave ahead of their images.
    fs::write(home.join("plain/data"), "other data").unwrap();
    let build = |_| {
        let mut command = tool(home);
        command.args(["build", "plain", "-r", "provided.al2023", "-b", "embedded", "--entrypoint", "/x"]);
        command.args(["--allow", "start-missing", "--push", "-t", &format!("{}/g:v1", registry.host)]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [(); 2].map(build).map(|child| child.wait_with_output().unwrap());
    assert!(both.iter().all(|out| out.status.success() && out.stdout == both[0].stdout), "{both:?}");
    let log = registry.log();
    let count = |part: &str| log.iter().filter(|line| line.starts_with(part)).count();
    // Two layers and the configuration.
    assert_eq!((count("PATCH"), count("PUT /v2/g/manifests/")), (3, 1), "{log:#?}");
    assert_eq!(fs::read_dir(home.join("cache/turns")).unwrap().count(), 0);
}

/// Waits until a push waits for another one: the rest of its stderr.
fn waits(push: &mut Child, registry: &Emulator) -> BufReader<ChildStderr> {
    let (mut err, mut said) = (BufReader::new(push.stderr.take().unwrap()), String::new());
    err.read_line(&mut said).unwrap();
    assert_eq!(
        said,
        format!("waiting for another process that pushes the same image to {}/f\n", registry.host)
    );
    err
}

#[test]
fn who_waits_for_a_push_that_is_killed_does_it() {
    let dir = scratch();
    let home = dir.path();
    let digest = image(home);
    let registry = Emulator::start(&[]);
    registry.fault("PATCH", 1, Fault::Stall(Duration::from_secs(20)));
    let start = || {
        let mut command = tool(home);
        command.args(PUSH).args(["-j", "1", &format!("{}/f:v1", registry.host)]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut first = start();
    registry.wait_for("PATCH");
    let mut second = start();
    let mut err = waits(&mut second, &registry);
    first.kill().unwrap();
    first.wait().unwrap();
    let out = second.wait_with_output().unwrap();
    let mut said = String::new();
    err.read_to_string(&mut said).unwrap();
    assert_eq!(text(&out.stdout), format!("{}/f@{digest}\n", registry.host), "{said}");
    let log = registry.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("PATCH")).count(), 5, "{log:#?}");
    // Where nothing can be written down, nobody waits.
    fs::write(home.join("file"), "").unwrap();
    let mut command = tool(home);
    command.args(PUSH).args([&format!("{}/g:v1", registry.host), "--cache-dir", "file"]);
    assert!(output(&mut command).ends_with(&format!("/g@{digest}\n")));
}

#[test]
fn as_many_layers_travel_at_once_as_jobs_says() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    for jobs in [1, 3] {
        let registry = Emulator::start(&[]);
        // By the clock: that another one does not come is no event.
        registry.fault("PATCH", 99, Fault::Together(jobs, LATE));
        let mut command = tool(home);
        command.args(PUSH).args(["-j", &jobs.to_string(), &format!("{}/f:v1", registry.host)]);
        output(&mut command);
        assert_eq!(registry.state().most_at_once(), jobs);
    }
}

#[test]
fn who_waits_for_another_push_can_be_interrupted() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    let registry = Emulator::start(&[]);
    registry.fault("PATCH", 9, Fault::Stall(Duration::from_secs(20)));
    let start = || {
        let mut command = tool(home);
        command.args(PUSH).args(["-j", "1", &format!("{}/f:v1", registry.host)]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut first = start();
    registry.wait_for("PATCH");
    registry.log();
    let mut second = start();
    let (mut err, mut said) = (waits(&mut second, &registry), String::new());
    output(program("kill").args(["-INT", &second.id().to_string()]));
    err.read_to_string(&mut said).unwrap();
    assert_eq!((second.wait().unwrap().code(), said.as_str()), (Some(130), "error: interrupted\n"));
    // The first one is still at it.
    assert!(first.try_wait().unwrap().is_none());
    // It asked nobody for anything.
    assert!(registry.log().is_empty());
    first.kill().unwrap();
    first.wait().unwrap();
}
