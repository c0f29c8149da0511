//! What is refused of steps, before anything runs, and of what they wrote.

use super::{COPY, place, runs, settings};
use crate::harness::common::{Place, run};

#[test]
fn what_is_wrong_with_a_step_is_said_with_its_line_before_anything_runs() {
    let place = place(COPY);
    for (step, words) in [
        ("run = \"x\"", &["line 6: `[[functions.api.step]]` has no key `inputs`"][..]),
        ("inputs = []", &["has no key `run`"]),
        ("run = \"x\"\ninputs = []\nruns = 1", &["line 10", "has no key `runs`", "did you mean `run`?"]),
        ("run = 1\ninputs = []", &["`functions.api.step.run` is an integer, 1, but must be a string"]),
        ("run = \"x\"\ninputs = [1]", &["must be an array of strings"]),
    ] {
        settings(&place, step);
        place.refuses(2, "build", words);
    }
    for (step, words) in [
        (
            "run = \"echo {target}\"\ninputs = []",
            &["`{target}` in `echo {target}` is unknown", "`{out}`, `{name}`"][..],
        ),
        ("run = \"{python-version}\"\ninputs = []", &["has a value for Python's runtimes only"]),
        ("run = \" \"\ninputs = []", &["step `make` has no command"]),
        ("run = \"x\"\ninputs = []\nto = \"opt\"", &["cannot write to `opt`", "absolute"]),
        ("run = \"x\"\ninputs = []\nto = \"/proc/x\"", &["cannot write to `/proc/x`"]),
        (
            "run = \"x\"\ninputs = [\"gone/*.txt\"]",
            &["has the input `gone/*.txt`, but no file in `.` matches it"],
        ),
        ("run = \"x\"\ninputs = [\"/etc/passwd\"]", &["is not a path relative to the directory"]),
        (
            "run = \"x\"\ninputs = []\n[[functions.api.step]]\nname = \"make\"\nrun = \"x\"\ninputs = []",
            &["two steps of the function have the name `make`"],
        ),
        (
            "run = \"x\"\ninputs = []\nversions = [\"no-such-program --version\"]",
            &["step `make` failed: `no-such-program --version`"],
        ),
    ] {
        settings(&place, step);
        place.refuses(1, "build", words);
    }
}

#[test]
fn what_can_be_refused_is_before_commands_run() {
    for command in [COPY, "run = \"touch ran\"\ninputs = []"] {
        let place = place(command);
        let settled = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
        let with_commands =
            settled.replace("path = \"src\"", "path = \"src\"\npre-build = \"echo ran >>runs\"");
        for text in [settled, with_commands] {
            place.write("lambda-img.toml", &text);
            for (code, options, words) in [
                (2, "--runtime python9.9", "`python9.9` is not a runtime"),
                (1, "--base oci:gone", "gone"),
                (1, "-r python3.13 --handler app", "app"),
                (2, "--push", "needs an image reference to push to"),
                (1, "--lambda-layer gone.zip", "gone.zip"),
                (1, "--push -t 127.0.0.1:1/x:v1", "127.0.0.1:1"),
                (1, "--locked -b public.ecr.aws/lambda/provided:al2023", "not pinned"),
            ] {
                let late = text.contains("pre-build") && (options.contains("gone"));
                let ran = run(&mut place.tool(&format!("build {options} --retries 0")));
                assert_eq!(ran.code, Some(code), "{options}: {ran:?}");
                assert!(ran.stderr.contains(words), "{options}: {}", ran.stderr);
                // What a command may still make is not missing before.
                assert!(late || (runs(&place) == 0 && !place.path("ran").exists()), "{options}: {ran:?}");
                let _ = std::fs::remove_file(place.path("runs"));
            }
        }
    }
}

#[test]
fn what_a_step_wrote_and_no_image_can_hold_is_refused() {
    let place = place(COPY);
    for (run, words) in [
        ("ln -s ../../../x {out}/l", "outside of the input"),
        ("ln -s {out}/x {out}/l", "an absolute path of this machine"),
        ("mkfifo {out}/p", "is a fifo"),
        ("touch {out}/.wh.x", "deletes a file of the layers below"),
    ] {
        settings(&place, &format!("run = \"{run}\"\ninputs = []"));
        place.refuses(1, "build", &[words]);
        place.refuses(1, "build", &[words]);
    }
    settings(&place, "run = \"mkdir {out}/lib; touch {out}/lib/x\"\ninputs = []\nto = \"/\"");
    place.refuses(1, "build", &["`/lib` is a symlink in images of Amazon Linux"]);
}

#[test]
fn two_parts_that_write_one_path_are_named() {
    let place = place(
        "run = \"echo 1 >{out}/x\"\ninputs = []\n[[functions.api.step]]\nname = \"other\"\nrun = \"echo 2 >{out}/x\"\ninputs = []",
    );
    place.refuses(
        1,
        "build",
        &["`/var/task/x of step make` and `/var/task/x of step other` both contain `/var/task/x`"],
    );
    settings(&place, "run = \"echo 1 >{out}/x\"\ninputs = []");
    place.write("src/x", "other");
    place.refuses(1, "build", &["of step make`", "src/x`", "both contain `/var/task/x`"]);
    // The same bytes are no clash.
    place.write("src/x", "1\n");
    assert_eq!(place.run("build api").code, Some(0));
}

#[test]
fn paths_of_the_command_line_have_nothing_of_steps() {
    let place = Place::with_function();
    place.write("lambda-img.toml", "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n[[defaults.step]]\nrun = \"echo ran >>runs\"\ninputs = []\n[functions.api]\npath = \"fn\"\n");
    assert_eq!(place.run("build ./fn").code, Some(0));
    assert_eq!(runs(&place), 0);
    assert_eq!(place.run("build api").code, Some(0));
    assert_eq!(runs(&place), 1);
}
