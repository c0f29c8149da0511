//! Steps of many functions, of several processes, and of functions that changed.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::common::{Place, must, run};
use crate::harness::suites::steps::with_step;

/// Three functions, two of which have the same step.
fn three() -> Place {
    let place = Place::new();
    let mut text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n".to_owned();
    for (name, list) in [("a", "shared"), ("b", "shared"), ("c", "own")] {
        place.script(&format!("{name}/bootstrap"), "#!/bin/sh\n");
        text += &format!(
            "[functions.{name}]\npath = \"{name}\"\n[[functions.{name}.step]]\nname = \"make\"\n\
             run = \"echo {list} >>runs; cp {list} {{out}}/list\"\ninputs = [\"{list}\"]\n"
        );
    }
    place.write("lambda-img.toml", text);
    place.write("shared", "1");
    place.write("own", "other");
    place
}

fn runs(place: &Place) -> Vec<String> {
    let text = fs::read_to_string(place.path("runs")).unwrap_or_default();
    let _ = fs::remove_file(place.path("runs"));
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn equal_steps_of_many_functions_run_once() {
    let place = three();
    let ran = place.run("build --all --json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(runs(&place), ["own", "shared"]);
    let json = ran.json();
    let layer = |at: usize| json["functions"][at]["built"]["images"][0]["steps"][0]["layer"].clone();
    assert_eq!(layer(0), layer(1));
    assert!(layer(0).is_string() && layer(0) != layer(2));
    assert_eq!(place.run("build --all --no-cache").code, Some(0));
    assert_eq!(runs(&place), ["own", "shared"], "also where nothing is remembered");
    place.write("shared", "2");
    assert_eq!(place.run("build --all").code, Some(0));
    assert_eq!(runs(&place), ["shared"]);
}

#[test]
fn a_change_is_of_the_functions_whose_steps_read_it() {
    let place = three();
    let git = |words: &str| {
        let mut git = place.program("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(words.split(' '));
        must(&mut git)
    };
    place.write(".gitignore", "runs\nlambda-image\n");
    git("init -q");
    git("add -A");
    git("commit -q -m first");
    place.write("own", "2");
    let ran = place.run("build --changed-since HEAD --json");
    let names = |ran: &crate::harness::common::Ran| {
        let json = ran.json();
        let all = json["functions"].as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&ran), ["c"], "{ran:?}");
    git("commit -q -a -m second");
    place.write("shared", "2");
    place.write("unread", "1");
    assert_eq!(names(&place.run("build --changed-since HEAD --json")), ["a", "b"]);
}

/// A function whose step reads the named pipe `go`, and so waits for it.
fn waiting(step: &str) -> Place {
    let place = with_step(&format!("{step}\ninputs = []"));
    must(place.program("mkfifo").arg("go"));
    place
}

#[test]
fn two_processes_run_a_step_once() {
    // The command waits until the other process waits for it.
    let place = waiting("name = \"make\"\nrun = \"echo ran >>runs; cat go; echo 1 >{out}/x\"");
    let begin = |output: &str| {
        let mut tool = place.tool(&format!("build -o oci:{output}"));
        tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let first = begin("one");
    crate::harness::common::until("the step runs", || place.path("runs").exists());
    let second = begin("two");
    must(Command::new("sh").arg("-c").arg("echo go >go").current_dir(place.path("")));
    let [one, two] = [first, second].map(|child| child.wait_with_output().unwrap());
    assert!(one.status.success() && two.status.success(), "{one:?} {two:?}");
    let digest = |output: &std::process::Output| {
        String::from_utf8_lossy(&output.stdout).split('@').nth(1).map(str::to_owned)
    };
    assert_eq!(digest(&one), digest(&two));
    assert_eq!(runs(&place), ["ran"]);
}

#[test]
fn an_interrupt_ends_the_command_and_leaves_nothing() {
    let place = waiting("run = \"echo $$ >pid; cat go\"");
    let mut tool = place.tool("build");
    let child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = || fs::read_to_string(place.path("pid")).unwrap_or_default();
    crate::harness::common::until("the step runs", || pid().ends_with('\n'));
    must(Command::new("kill").args(["-INT", &child.id().to_string()]));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert_ne!(
        run(Command::new("kill").args(["-0", pid().trim()])).code,
        Some(0),
        "the command has ended, too"
    );
    assert_eq!(fs::read_dir(place.cache().join("work")).unwrap().count(), 0);
    assert!(!place.path("lambda-image").exists());
}
