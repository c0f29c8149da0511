//! Steps: when a command runs and when not, what becomes of what it wrote, and what is refused.

use std::fs;

use serde_json::Value;

use crate::harness::common::{Place, Ran, blob, run};
use crate::harness::suites::steps::{set_step, with_step};

mod many;
mod refusals;

/// A function with a step `make` of these keys, and a file to read.
fn place(step: &str) -> Place {
    let place = with_step(&format!("name = \"make\"\n{step}"));
    place.write("list", "one");
    place
}

/// The settings of the function with this step.
fn settings(place: &Place, step: &str) {
    set_step(place, &format!("name = \"make\"\n{step}"));
}

/// A command that notes each run, outside of the function, and copies `list`.
const COPY: &str = "run = \"echo ran >>runs; cp list {out}/list\"\ninputs = [\"list\"]";

fn runs(place: &Place) -> usize {
    fs::read_to_string(place.path("runs")).unwrap_or_default().lines().count()
}

fn build(place: &Place, options: &str) -> Ran {
    let ran = place.run(&format!("build --json api {options}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

fn digest(ran: &Ran) -> String {
    ran.json()["images"][0]["digest"].as_str().unwrap().to_owned()
}

/// What `--json` says of the one step.
fn step(ran: &Ran) -> Value {
    ran.json()["images"][0]["steps"][0].clone()
}

#[test]
fn a_step_runs_when_what_it_declares_changed_and_its_layer_is_its_own() {
    let place = place(&format!("{COPY}\nenv = [\"STEP_*\"]\nversions = [\"cat version\"]"));
    place.write("version", "1");
    let first = build(&place, "");
    assert_eq!(step(&first)["because"], "it never ran here");
    let image = place.image("lambda-image", "api");
    let parts = first.json()["images"][0]["layers"].clone();
    let parts: Vec<_> =
        parts.as_array().unwrap().iter().map(|layer| layer["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["base", "bootstrap", "step"]);
    let listing = image.listing(2);
    let names: Vec<_> = listing.entries.iter().map(|entry| entry.name()).collect();
    assert_eq!(names, ["var", "var/task", "var/task/list"]);

    let again = build(&place, "");
    assert_eq!((step(&again)["ran"].clone(), digest(&again)), (false.into(), digest(&first)));
    assert_eq!(runs(&place), 1);

    // Each part of what is declared counts, and is told.
    let because = |ran: Ran| step(&ran)["because"].as_str().unwrap_or("remembered").to_owned();
    place.write("list", "two");
    assert_eq!(because(build(&place, "")), "`list` changed");
    place.write("version", "2");
    assert_eq!(because(build(&place, "")), "what `cat version` prints changed");
    let mut command = place.tool("build --json api");
    assert_eq!(because(run(command.env("STEP_A", "secret"))), "variable `STEP_A` changed");
    assert_eq!(because(run(command.env("OTHER", "1"))), "remembered");
    let other = build(&place, "");
    assert_eq!(because(other), "remembered");
    fs::set_permissions(place.path("list"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(because(build(&place, "")), "`list` changed");
    assert_eq!(runs(&place), 5);
    settings(&place, &COPY.replace("cp list", "cp  list"));
    assert!(because(build(&place, "")).starts_with("the command and "));
    // What it was before is remembered, too.
    settings(&place, COPY);
    build(&place, "");
    let count = runs(&place);
    settings(&place, &COPY.replace("cp list", "cp  list"));
    assert_eq!(because(build(&place, "")), "remembered");
    assert_eq!(runs(&place), count);
    // The code changes without it.
    place.write("src/more", "1");
    assert_eq!(because(build(&place, "")), "remembered");
    // Values of variables are kept nowhere.
    let kept = fs::read_dir(place.cache())
        .unwrap()
        .flatten()
        .flat_map(|dir| fs::read_dir(dir.path()).into_iter().flatten().flatten());
    let says = |path: std::path::PathBuf| {
        fs::read(path).is_ok_and(|bytes| bytes.windows(6).any(|six| six == b"secret"))
    };
    assert!(!kept.map(|entry| entry.path()).any(says));
}

#[test]
fn the_image_is_the_same_with_and_without_what_is_remembered() {
    let place = place(
        "run = \"\"\"mkdir -p {out}/d; cp list {out}/d/x; chmod 755 {out}/d/x; ln -s d/x {out}/link; touch -d @1 {out}/d\"\"\"\n\
         inputs = [\"list\"]",
    );
    let first = digest(&build(&place, ""));
    for options in
        ["", "--no-cache", "--refresh make", "--dry-run", "-o oci:other --no-cache", "-o oci:third"]
    {
        assert_eq!(digest(&build(&place, options)), first, "{options}");
    }
}

#[test]
fn steps_run_again_when_they_are_to() {
    let place = place(COPY);
    let because = |options: &str| step(&build(&place, options))["because"].clone();
    because("");
    assert_eq!(because("--no-cache"), "nothing is remembered");
    assert_eq!(because("--refresh make"), "it was asked to");
    assert_eq!(because(""), Value::Null);
    assert_eq!(runs(&place), 3);
    place.refuses(2, "build --refresh gone", &["names the step `gone`", "the steps are make"]);
}

#[test]
fn a_step_of_which_a_part_is_missing_or_damaged_runs_again() {
    let place = place(COPY);
    let first = build(&place, "");
    let layer = step(&first)["layer"].as_str().unwrap().replace("sha256:", "");
    let kept = place.cache().join("blobs/sha256").join(layer);
    let record = || fs::read_dir(place.cache().join("steps")).unwrap().next().unwrap().unwrap().path();
    type Damage<'d> = &'d dyn Fn();
    let damages: [(&str, Damage<'_>); 4] = [
        ("the layer is gone", &|| fs::remove_file(&kept).unwrap()),
        ("the layer is another one", &|| {
            let mut bytes = fs::read(&kept).unwrap();
            bytes[40] ^= 1;
            fs::write(&kept, bytes).unwrap();
        }),
        ("the record is gone", &|| fs::remove_file(record()).unwrap()),
        ("the record is cut", &|| {
            let bytes = fs::read(record()).unwrap();
            fs::write(record(), &bytes[..bytes.len() - 1]).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage();
        fs::remove_dir_all(place.path("lambda-image")).unwrap();
        let ran = build(&place, "");
        assert_eq!(step(&ran)["because"], "what it made is no longer in the cache", "{what}");
        assert_eq!(digest(&ran), digest(&first), "{what}");
        place.image("lambda-image", "api");
    }
    // An image that is there needs no layer; a cache that is gone costs a run.
    fs::remove_dir_all(place.cache()).unwrap();
    assert_eq!(step(&build(&place, ""))["because"], "it never ran here");
}

#[test]
fn a_whole_function_may_come_from_steps() {
    let place = Place::new();
    place.write("main", "#!/bin/sh\n");
    place.write(
        "lambda-img.toml",
        "[functions.api]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\narch = [\"x86_64\", \"arm64\"]\n\
         [[functions.api.step]]\nrun = \"cp main {out}/bootstrap; chmod +x {out}/bootstrap; echo {goarch} {name} >{out}/arch\"\n\
         inputs = [\"main\"]\n[[functions.api.step]]\nrun = \"echo 1 >{out}/same\"\ninputs = []\nto = \"/opt/x\"\n",
    );
    let ran = build(&place, "");
    let mut digests = Vec::new();
    for (at, arch) in [(0, "amd64"), (1, "arm64")] {
        let image = &ran.json()["images"][at];
        let steps: Vec<_> =
            image["steps"].as_array().unwrap().iter().map(|step| step["name"].clone()).collect();
        assert_eq!(steps, ["step 1", "step 2"]);
        let stored = place.image("lambda-image", &format!("api-{}", image["architecture"].as_str().unwrap()));
        stored.unpack(2, &place.dir(&format!("files-{arch}")));
        let text = fs::read_to_string(place.path(&format!("files-{arch}/var/task/arch"))).unwrap();
        assert_eq!(text, format!("{arch} api\n"));
        digests.push(stored.layers.clone());
    }
    assert_eq!(digests[0][3], digests[1][3], "one layer for both");
    assert_ne!(digests[0][2], digests[1][2]);
    assert_eq!(digest(&build(&place, "--no-cache")), digest(&ran));
}

#[test]
fn the_command_gets_what_is_declared_and_an_empty_directory() {
    let place = place(
        "run = \"\"\"ls -A {out} >found; env | cut -d= -f1 | sort >names; pwd >where; cat >read; echo {arch} {runtime} >{out}/a\"\"\"\n\
         inputs = []\nenv = [\"DECLARED\"]",
    );
    let mut command = place.tool("build api");
    command.envs([("DECLARED", "1"), ("UNDECLARED", "1"), ("LAMBDA_IMG_OFFLINE", "true")]);
    command.current_dir(place.dir("src"));
    assert_eq!(run(&mut command).code, Some(0));
    let text = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    assert_eq!((text("found"), text("read")), (String::new(), String::new()));
    assert_eq!(text("where").trim(), fs::canonicalize(place.path("")).unwrap().to_str().unwrap());
    let names = text("names");
    let has = |name: &str| names.lines().any(|line| line == name);
    assert!(has("DECLARED") && has("PATH") && has("TZ") && has("LC_ALL"), "{names}");
    assert!(!has("UNDECLARED") && !has("LAMBDA_IMG_OFFLINE"), "{names}");
}

#[test]
fn a_result_that_is_empty_is_nothing() {
    let place = place("run = \"mkdir {out}/empty\"\ninputs = []");
    let ran = build(&place, "");
    assert_eq!(step(&ran)["layer"], Value::Null);
    assert_eq!(ran.json()["images"][0]["layers"].as_array().unwrap().len(), 2);
    assert_eq!(step(&build(&place, ""))["ran"], false);
}

#[test]
fn lines_come_as_they_are_printed_and_what_failed_leaves_nothing() {
    let place =
        place("run = \"echo first; echo second >&2; cp list {out}/list; exit 7\"\ninputs = [\"list\"]");
    let before = place.run("build api");
    assert_eq!(before.code, Some(1));
    let lines: Vec<_> = before.stderr.lines().take(3).collect();
    assert_eq!(lines, ["step api: make runs: it never ran here", "api: make | first", "api: make | second"]);
    assert!(before.stderr.contains("step `make` failed: `echo first; echo second"), "{}", before.stderr);
    assert!(before.stderr.contains("exit status: 7"), "{}", before.stderr);
    assert!(!place.path("lambda-image").exists());
    let quiet = place.run("build -q api");
    assert!(quiet.stderr.starts_with("first\nsecond\nerror: "), "{}", quiet.stderr);
    assert!(!place.cache().join("steps").exists());
    assert_eq!(fs::read_dir(place.cache().join("work")).unwrap().count(), 0);
}

#[test]
fn other_commands_know_steps() {
    let place = place(COPY);
    let ran = place.run("inspect api --files");
    assert!(ran.stdout.contains("/var/task/list"), "{ran:?}");
    assert_eq!(runs(&place), 1);
    for command in ["check api", "diff api api", "inspect api", "build --dry-run", "build"] {
        let ran = run(place.tool(command).env("LAMBDA_IMG_ALLOW", "start-format"));
        assert_eq!(ran.code, Some(0), "{command}: {ran:?}");
    }
    assert_eq!(runs(&place), 1, "what one command made is there for all");
    let config = place.run("config");
    assert!(config.stdout.contains("cp list {out}/list"), "{}", config.stdout);
}

#[test]
fn the_layers_of_steps_are_read_where_something_asks() {
    // The program that starts is in a step's layer: of a remembered one, its first bytes come from there.
    let place = Place::new();
    place.write(
        "lambda-img.toml",
        "[functions.api]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n[[functions.api.step]]\n\
         run = \"printf '#!/opt/python\\\\n' >{out}/bootstrap; chmod +x {out}/bootstrap; echo x >{out}/y\"\ninputs = []\n",
    );
    let first = build(&place, "--allow start-format");
    assert_eq!(digest(&build(&place, "--allow start-format")), digest(&first));
    let layout = place.path("lambda-image");
    let starts = &first.json()["images"][0]["entrypoint"];
    assert!(starts.is_array() && blob(&layout, &digest(&first)).exists());
    // Damage of a layer that is read is seen, though the image has it already.
    let layer = step(&first)["layer"].as_str().unwrap().replace("sha256:", "");
    fs::write(place.cache().join("blobs/sha256").join(layer), "x").unwrap();
    let again = build(&place, "--allow start-format");
    assert_eq!((step(&again)["ran"].clone(), digest(&again)), (true.into(), digest(&first)));
}
