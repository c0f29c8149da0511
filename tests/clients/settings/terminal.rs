//! What reaches a terminal: nothing that others wrote steers it or looks like a line of ours, and colours where they
//! are wanted.

use std::fs;
use std::process::Command;

use lambda_img::redact::steers;
use serde_json::Value;

use crate::harness::common::{Place, Ran, must, python, run};
use crate::harness::helpers;

/// What hostile names hold: the title of a window, a bell, a cleared screen by C1, text from right to left, and a line
/// that looks like ours. `/` is left out: it is the name of a file.
const EVIL: &str = "a\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{2066}\u{200f}\u{61c}\u{7f}\r\nerror: planted";

/// An image for `docker load` whose names, links, labels, history and variables are hostile. `{more}` makes two of
/// them differ.
const IMAGE: &str = r#"
import hashlib, io, json, sys, tarfile
evil, more, out = sys.argv[1:]
def tar(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content, link in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            if link:
                entry.type, entry.linkname = tarfile.SYMTYPE, link
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
layer = tar([("var/task/" + evil, more.encode(), None), ("var/task/link", b"", evil + more),
             ("var/task/" + evil + ".pyc", b"", None)])
config = {"architecture": "amd64", "os": "linux", "created": evil,
          "history": [{"created_by": evil + more}],
          "config": {"Entrypoint": ["/" + evil], "Cmd": [evil], "WorkingDir": "/" + evil, "User": evil,
                     "Labels": {evil: evil + more}, "Env": ["AWS_REGION=" + evil, evil + "=" + more]},
          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
manifest = [{"Config": "config.json", "RepoTags": ["team/fn:v1"], "Layers": ["layer.tar"]}]
parts = [("config.json", json.dumps(config).encode(), None), ("manifest.json", json.dumps(manifest).encode(), None)]
open(out, "wb").write(tar(parts + [("layer.tar", layer, None)]))
"#;

/// Holds both streams of a run to what a terminal may get.
fn tame(ran: &Ran, what: &str) {
    for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        let steering = text.chars().find(|char| steers(*char) && *char != '\n');
        assert_eq!(steering, None, "{name} of {what}: {text:?}");
        // Ours begin with `error: ` and go on otherwise.
        assert!(!text.lines().any(|line| line.starts_with("error: planted")), "{name} of {what}: {text}");
    }
    assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
}

fn with(place: &Place, before: &str, words: &[&str]) -> Command {
    let mut tool = place.tool(before);
    tool.args(words);
    tool
}

#[test]
fn nothing_that_others_wrote_reaches_the_terminal_raw() {
    let place = Place::new();
    for (name, more) in [("a.tar", "1"), ("b.tar", "2")] {
        python(&place, IMAGE, &[EVIL, more, place.path(name).to_str().unwrap()]);
    }
    let (a, b) = ("docker-archive:a.tar", "docker-archive:b.tar");
    // A layout of our own with a hostile annotation, and one at a hostile place.
    place.script("fn/bootstrap", "#!/bin/sh\n");
    place.write(&format!("fn/{EVIL}.txt"), "x");
    let pair = format!("{EVIL}={EVIL}");
    let build = "build fn -r provided.al2023 -b embedded -o oci:out";
    let mut tool =
        with(&place, build, &["-v", "--label", &pair, "--annotation", &pair, "--env", &pair, "--cmd", EVIL]);
    let built = run(&mut tool);
    tame(&built, "build");
    assert!(built.code == Some(0) && built.stderr.contains("planted"), "{built:?}");
    assert_eq!(built.stdout.lines().count(), 1, "{built:?}");

    let evil = place.path(EVIL);
    fs::create_dir_all(&evil).unwrap();
    let oci = format!("oci:{EVIL}:{EVIL}");
    let host = format!("127.0.0.1:{}/x:v1", helpers::free_port());
    place.write("evil/lambda-img.lock", format!("version = 1\n[[base]]\nruntime = \"{}\"\n", toml(EVIL)));
    let mut planted = 0;
    let mut see = |mut tool: Command, what: &str| {
        let ran = run(&mut tool);
        tame(&ran, what);
        planted += usize::from(format!("{}{}", ran.stdout, ran.stderr).contains("planted"));
        ran
    };
    for words in [
        // Images that are shown.
        &["inspect", a][..],
        &["inspect", a, "--files"],
        &["inspect", a, "--layer", "0"],
        &["inspect", "oci:out"],
        &["inspect", "oci:out", "--files"],
        &["check", a],
        &["check", a, "--sarif"],
        &["diff", a, b],
        &["diff", a, b, "--files"],
        &["diff", a, "oci:out", "--files"],
        &["push", a, &host, "--retries", "0"],
        // Names that cannot be found.
        &["inspect", &oci],
        &["check", &oci],
        &["diff", &oci, a],
        &["push", &oci, &host],
        &["build", EVIL, "-r", "provided.al2023", "-b", "embedded"],
        &["build", "fn", "-r", EVIL],
        &["build", "fn", "-r", "provided.al2023", "-b", &oci],
        &["build", "fn", "-r", "provided.al2023", "-b", "embedded", "--bootstrap", EVIL],
        &["build", "fn", "-r", "provided.al2023", "-b", "embedded", "--add", &format!("{EVIL}:/x")],
        &["build", "fn", "-r", "provided.al2023", "-b", "embedded", "--allow", EVIL],
        &["build", "fn", "-r", "provided.al2023", "-b", "embedded", "--ca-cert", EVIL],
        &["build", "fn", "-r", "provided.al2023", "--profile", EVIL],
        &["explain", EVIL],
        &["base", "list", "--runtime", EVIL],
        &["base", "lock", "--runtime", EVIL],
        &["cache", "info", "--cache-dir", EVIL],
        &["cache", "verify", "--cache-dir", EVIL],
        &["cache", "prune", "--cache-dir", EVIL],
        &["config", EVIL, "--label", &pair, "--pre-build", EVIL],
        &["init", EVIL],
        &["auth", "check", EVIL],
        &["login", EVIL, "--username", EVIL, "--password-stdin"],
        &["logout", EVIL],
        // Arguments that clap refuses.
        &[EVIL],
        &["build", &format!("--{EVIL}")],
        &["build", "fn", "--jobs", EVIL],
        &["build", "fn", "--media-types", EVIL],
        &["build", "fn", "--arch", EVIL],
        &["build", "fn", "--tag", EVIL],
        &["build", "fn", "--output", EVIL],
        &["inspect", EVIL],
        &["completions", EVIL],
    ] {
        see(with(&place, "", words), &format!("{words:?}"));
    }
    let mut settings = place.tool("base list");
    settings.current_dir(place.path("evil"));
    see(settings, "a lock file");
    for (file, arguments) in [
        (format!("[defaults]\n\"{}\" = 1\n", toml(EVIL)), "config"),
        (format!("[functions.fn]\nruntime = \"{}\"\n", toml(EVIL)), "build fn"),
        (format!("[functions.fn]\nlabel = {{ \"{0}\" = \"{0}\" }}\n", toml(EVIL)), "config"),
        (format!("[functions.fn]\npre-build = [\"{}\"]\nruntime = \"provided\"\n", toml(EVIL)), "build fn"),
    ] {
        place.write("evil/lambda-img.toml", file);
        let mut settings = place.tool(arguments);
        settings.current_dir(place.path("evil"));
        see(settings, arguments);
    }
    // Words of registries are cut short, all others are seen, written out.
    assert!(planted >= 40, "only {planted} show what was planted");
}

/// A string of TOML.
fn toml(text: &str) -> String {
    text.chars().map(|char| format!("\\u{:04x}", u32::from(char))).collect()
}

#[test]
fn json_keeps_hostile_names_exactly_and_shows_none() {
    let place = Place::new();
    python(&place, IMAGE, &[EVIL, "1", place.path("a.tar").to_str().unwrap()]);
    let json = |words: &[&str]| {
        let ran = run(&mut with(&place, "", words));
        tame(&ran, &format!("{words:?}"));
        serde_json::from_str::<Value>(&ran.stdout).expect("JSON")
    };
    let image = json(&["inspect", "docker-archive:a.tar", "--json", "--files"]);
    let entries = image["layers"][0]["entries"].as_array().unwrap();
    let paths: Vec<_> = entries.iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&format!("/var/task/{EVIL}").as_str()), "{paths:?}");
    assert!(entries.iter().any(|entry| entry["link"] == format!("{EVIL}1")), "{entries:?}");
    assert_eq!(image["labels"][EVIL], format!("{EVIL}1"));
    json(&["check", "docker-archive:a.tar", "--json"]);
    json(&["diff", "docker-archive:a.tar", "docker-archive:a.tar", "--json"]);
    json(&["cache", "info", "--json", "--cache-dir", EVIL]);
}

#[test]
fn an_output_whose_path_is_not_one_line_is_refused() {
    let place = Place::with_function();
    let build = "build fn -r provided.al2023 -b embedded";
    for kind in ["oci", "oci-archive", "docker-archive"] {
        for evil in ["a\nb", "a\u{1b}[2J", "a\u{7}", "a\u{202e}b"] {
            let output = format!("{kind}:out/{evil}");
            let said = place.refused(2, &mut with(&place, build, &["-o", &output]), &["control character"]);
            assert!(!said.chars().any(|char| steers(char) && char != '\n'), "{said:?}");
        }
    }
    // Any other letter is a letter.
    let ran = run(&mut with(&place, build, &["-o", "oci:out/é ü"]));
    assert!(ran.stdout.starts_with("oci:out/é ü:latest@sha256:"), "{ran:?}");
}

/// Runs a command line on a terminal of its own, and gives what it showed.
fn on_a_terminal(place: &Place, line: &str, environment: &[(&str, &str)]) -> String {
    let mut script = place.program("script");
    script.args(["-qec", line, "/dev/null"]).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    script.env("TERM", "xterm").envs(environment.iter().copied());
    script.stdin(std::process::Stdio::null());
    run(&mut script).stdout
}

#[test]
fn errors_and_hints_are_coloured_where_colours_are_wanted() {
    let place = Place::new();
    let tool = env!("CARGO_BIN_EXE_lambda-img");
    let red = |text: &str| text.contains("\u{1b}[31merror:");
    let plain = |text: &str| !text.contains("\u{1b}[") && text.contains("error:");
    for wrong in ["explain nosuch", "build --nosuch", "nosuch"] {
        let on = |options: &str, environment: &[(&str, &str)]| {
            on_a_terminal(&place, &format!("{tool} {options} {wrong}"), environment)
        };
        let shown = on("", &[]);
        assert!(red(&shown), "{shown:?}");
        for (options, environment) in [
            ("", ("NO_COLOR", "1")),
            ("", ("TERM", "dumb")),
            ("--color never", ("CLICOLOR_FORCE", "1")),
            ("--color=never", ("TERM", "xterm")),
        ] {
            let shown = on(options, &[environment]);
            assert!(plain(&shown), "{options} {environment:?}: {shown:?}");
        }
        assert!(red(&on("--color always", &[("NO_COLOR", "1")])));
        // No terminal.
        let to_a_pipe = |options: &str, name: &str| {
            run(place.tool(&format!("{options} {wrong}")).env_remove("NO_COLOR").env(name, "1")).stderr
        };
        assert!(plain(&to_a_pipe("", "TERM")));
        assert!(red(&to_a_pipe("", "CLICOLOR_FORCE")));
        assert!(red(&to_a_pipe("--color always", "TERM")));
        assert!(plain(&to_a_pipe("--color auto", "TERM")));
    }
    let shown = on_a_terminal(&place, &format!("{tool} explain nosuch"), &[]);
    assert!(shown.contains("\u{1b}[36mhint:"), "{shown:?}");
    // As any option, and refused as any.
    place.refuses(2, "--color sometimes explain", &["always"]);
    assert!(red(&run(place.tool("explain nosuch --color always").env_remove("CLICOLOR_FORCE")).stderr));
}

#[test]
fn references_and_json_are_never_coloured() {
    let place = Place::with_function();
    let build = "build fn -r provided.al2023 -b embedded --color always";
    let ran = must(&mut place.tool(&format!("{build} -o oci:out:v1")));
    assert!(ran.stdout.starts_with("oci:out:v1@sha256:") && !ran.stdout.contains('\u{1b}'), "{ran:?}");
    assert!(ran.stderr.contains("\u{1b}["), "{ran:?}");
    let ran = must(&mut place.tool("inspect oci:out:v1 --json --color always"));
    serde_json::from_str::<Value>(&ran.stdout).unwrap();
    // What is for people is.
    let ran = must(&mut place.tool("inspect oci:out:v1 --color always"));
    assert!(ran.stdout.contains("\u{1b}[1mlayers\u{1b}[0m"), "{ran:?}");
    let ran = run(&mut place.tool("check oci:out:v1 --deny start-format --color always"));
    assert!(ran.stdout.contains("\u{1b}[31mdenied\u{1b}[0m"), "{ran:?}");
}
