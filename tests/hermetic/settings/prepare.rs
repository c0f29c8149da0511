//! What runs before a build.

use super::run_in;
use crate::harness::common::{Place, run};

fn place(prepare: &str) -> Place {
    let place = Place::with_function();
    place.write(
        "lambda-img.toml",
        format!("[functions.api]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"made\"\npre-build = {prepare}\n"),
    );
    place.dir("sub");
    place
}

#[test]
fn a_script_makes_what_is_built() {
    let place = place(
        "'''\nmkdir -p made\ncp fn/bootstrap made/\necho out\necho err >&2\nread x || echo nothing to read\n'''",
    );
    let ran = run_in(&place, "sub", "build -o oci:out");
    let digest = ran.digest();
    assert!(place.path("made/bootstrap").is_file(), "it runs in the directory of the file");
    for words in ["pre-build: mkdir -p made\n", "\nout\n", "\nerr\n", "\nnothing to read\n"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    // What it leaves is the input, and nothing else of it is.
    assert_eq!(place.run("build ./made -r provided.al2023 -b embedded -o oci:out2").digest(), digest);
    assert_eq!(place.run("build api --pre-build= -o oci:out3").digest(), digest);
    let quiet = place.run("build -q -o oci:out4");
    assert_eq!(quiet.digest(), digest);
    assert_eq!(quiet.stderr, "err\n");
    // A path has nothing of the functions.
    assert!(
        !place.run("build ./made -r provided.al2023 -b embedded -o oci:out5").stderr.contains("pre-build")
    );
}

#[test]
fn words_are_a_program_without_a_shell() {
    let place = place(
        r#"["sh", "-c", "mkdir -p made && cp fn/bootstrap made/ && echo \"$0\" >made/text", "two words; $HOME"]"#,
    );
    place.run("build -o oci:out").digest();
    assert_eq!(std::fs::read_to_string(place.path("made/text")).unwrap(), "two words; $HOME\n");
    let place = super::prepare::place(r#"["./make it"]"#);
    place.script("make it", "#!/bin/sh\nmkdir -p made\ncp fn/bootstrap made/\n");
    run_in(&place, "sub", "build -o oci:out").digest();
}

#[test]
fn its_failure_is_the_builds() {
    let failed = place("'''\nfalse\nmkdir made\n'''");
    failed.refuses(
        1,
        "build -o oci:out",
        &["`pre-build` failed: `false …`: exit status: 1", "hint: it ran in `.`", "--pre-build ''"],
    );
    let killed = place("'kill -9 $$'");
    killed.refuses(1, "build -o oci:out", &["`pre-build` failed: `kill -9 $$`: signal: 9"]);
    let missing = place(r#"["no-such-program"]"#);
    missing.refuses(
        1,
        "build -o oci:out",
        &["start `no-such-program` of `pre-build`", "caused by: No such file"],
    );
    let mut command = missing.tool("build fn -r provided.al2023 -b embedded -o oci:out");
    command.args(["--pre-build", "exit 3"]);
    missing.refused(1, &mut command, &["`pre-build` failed: `exit 3`: exit status: 3"]);
}

#[test]
fn nothing_runs_for_a_build_that_cannot_be() {
    let place = place("'touch ran'");
    place.refuses(2, "build --push", &["`--push` needs an image reference"]);
    place.refuses(2, "build -t r.example/x:v1", &["`-t` has no effect without `--push`"]);
    place.refuses(2, "build --cmd=", &["--cmd"]);
}

#[test]
fn config_runs_nothing() {
    let place = place("'touch ran'");
    assert_eq!(run(&mut place.tool("config")).code, Some(0));
    assert!(!place.path("ran").exists());
}
