//! Files that have no end, that nobody writes to, or that may not grow: an error that names them, and no hang.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use super::BUILD;
use crate::harness::common::{PATIENCE, Place, Ran, assert_refusal, blob, must, noise, run};

/// Runs the tool; a hang fails the test.
fn bounded(place: &Place, arguments: &str) -> Ran {
    let mut command = place.program(env!("CARGO_BIN_EXE_lambda-img"));
    command.args(arguments.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let id = child.id().to_string();
    let (ended, end) = channel();
    let output = thread::spawn(move || {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        // What it says is short: no pipe is full.
        child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let code = child.wait().unwrap().code();
        ended.send(()).unwrap();
        Ran { code, stdout, stderr }
    });
    if end.recv_timeout(PATIENCE).is_err() {
        // Zeros without an end are refused, not collected.
        must(Command::new("sh").args(["-c", "kill -9 \"$0\"", &id]));
        panic!("`{arguments}` hangs");
    }
    output.join().unwrap()
}

fn fifo(path: &Path) {
    let _ = fs::remove_file(path);
    must(Command::new("mkfifo").arg(path));
}

fn zeros(path: &Path) {
    let _ = fs::remove_file(path);
    std::os::unix::fs::symlink("/dev/zero", path).unwrap();
}

#[test]
fn a_pipe_or_device_is_no_archive() {
    let place = Place::with_function();
    fifo(&place.path("pipe"));
    for name in ["pipe", "/dev/zero"] {
        for kind in ["oci-archive", "docker-archive"] {
            for command in [
                "check",
                "inspect",
                "push",
                &format!("{BUILD} --base").replace("-b embedded ", ""),
                "diff oci:out/image",
            ] {
                let more = if command == "push" { " 127.0.0.1:1/fn:v1" } else { "" };
                let ran = bounded(&place, &format!("{command} {kind}:{name}{more}"));
                assert_eq!(ran.code, Some(1), "{command} {kind}:{name}: {ran:?}");
            }
            let ran = bounded(&place, &format!("check {kind}:{name}"));
            assert_refusal(&ran, 1, &[&format!("`{name}`"), "not a regular file"]);
        }
    }
}

#[test]
fn a_pipe_or_device_in_a_layout_is_refused_by_name() {
    for plant in [fifo as fn(&Path), zeros] {
        let place = Place::with_function();
        place.run(&format!("{BUILD} -o oci:out/image")).digest();
        let image = place.image("out/image", "latest");
        let config = image.manifest["config"]["digest"].as_str().unwrap();
        for digest in [image.layers.last().unwrap().as_str(), config, image.digest.as_str()] {
            let path = blob(&image.layout, digest);
            let bytes = fs::read(&path).unwrap();
            plant(&path);
            for command in [
                "check --all-layers",
                "inspect",
                &format!("{BUILD} -o oci:out/new --base").replace("-b embedded ", ""),
            ] {
                let ran = bounded(&place, &format!("{command} oci:out/image"));
                // `inspect` tells of what cannot be read, and `check` denies it.
                assert!(ran.code.is_some_and(|code| code < 4), "{command} {digest}: {ran:?}");
                let said = ran.stdout + &ran.stderr;
                assert!(
                    ran.code == Some(0)
                        || said.contains("not a regular file")
                        || said.contains("missing or has the wrong size"),
                    "{said}"
                );
            }
            // A build into the layout puts a file in its place.
            place.run(&format!("{BUILD} -o oci:out/image")).digest();
            assert_eq!(fs::read(&path).unwrap(), bytes);
            assert!(fs::symlink_metadata(&path).unwrap().is_file());
        }
    }
}

#[test]
fn a_pipe_or_device_in_the_cache_is_not_there() {
    for plant in [fifo as fn(&Path), zeros] {
        let place = Place::with_function();
        place.write("fn/noise", noise(300_000, 1));
        let build = format!("{BUILD} --cache-dir cache");
        let digest = place.run(&format!("{build} -o oci:out/image")).digest();
        let found = must(place.program("find").args(["cache", "-type", "f", "!", "-name", "CACHEDIR.TAG"]));
        let files: Vec<_> = found.stdout.lines().map(|name| place.path(name)).collect();
        assert!(files.len() > 5, "{files:?}");
        files.iter().for_each(|file| plant(file));
        let again = bounded(&place, &format!("{build} -o oci:out/again"));
        assert_eq!(again.digest(), digest);
        files.iter().for_each(|file| plant(file));
        let found = bounded(&place, "cache verify --cache-dir cache");
        assert!(found.stderr.contains(&format!("{} were corrupt", files.len())), "{}", found.stderr);
        files.iter().for_each(|file| plant(file));
        assert_eq!(bounded(&place, "cache prune --cache-dir cache").code, Some(0));
        assert!(files.iter().all(|file| fs::symlink_metadata(file).is_err()));
    }
}

#[test]
fn a_limit_of_file_sizes_is_an_error_that_names_the_file() {
    let place = Place::with_function();
    place.write("fn/noise", noise(4 << 20, 1));
    for output in ["oci:out/image", "oci-archive:out/image.tar", "docker-archive:out/image.tar"] {
        let mut command = place.program("sh");
        // Blocks of 512 bytes.
        command.args(["-c", "ulimit -f 2000 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_lambda-img")]);
        let ran = run(command.args(BUILD.split_whitespace()).args(["-o", output, "-q"]));
        assert_refusal(&ran, 1, &["File too large", "`", "hint: `ulimit -f`"]);
        assert_eq!(fs::read_dir(place.path("out")).unwrap().count(), 0, "{}", ran.stderr);
    }
}
