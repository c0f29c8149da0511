//! `build --watch`: what is built again, what is not, and how it ends.

use crate::harness::helpers;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use crate::harness::common::{Place, must, temporaries, until};
use serde_json::Value;

/// How long something that must happen may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);

const BASE: &str = "-r provided.al2023 -b embedded";

/// The tool, while it watches.
struct Watch {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    /// What was read of stderr.
    said: Vec<String>,
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || BufReader::new(from).lines().try_for_each(|line| sender.send(line.unwrap())));
    receiver
}

impl Watch {
    fn start(place: &Place, arguments: &str) -> Self {
        Self::of(&mut place.tool(&format!("build --watch {arguments}")))
    }

    fn of(tool: &mut Command) -> Self {
        let mut child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Self { child, stdout, stderr, said: Vec::new() }
    }

    /// The next line of stdout.
    fn line(&mut self) -> String {
        self.stdout.recv_timeout(LONG).unwrap_or_else(|error| {
            self.said.extend(self.stderr.try_iter());
            panic!("{error}: {:#?}", self.said)
        })
    }

    /// The digest of the next line of stdout.
    fn digest(&mut self) -> String {
        self.line().split_once('@').expect("TARGET@DIGEST").1.to_owned()
    }

    /// Reads stderr until a line begins so.
    fn says(&mut self, begin: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(LONG);
            let line = line.unwrap_or_else(|error| panic!("no `{begin}`: {error}: {:#?}", self.said));
            self.said.push(line.clone());
            if line.starts_with(begin) {
                return line;
            }
        }
    }

    /// Saves a file, and holds the tool to building because of that file alone: the line that is printed then.
    ///
    /// So nothing that happened before makes it build. The host tells of changes in their order: what would have been
    /// built because of an earlier one is told of in the same `changed: `, or is one line more on stdout, which
    /// [`Watch::ended`] does not let pass.
    fn builds_only(&mut self, place: &Place, file: &str, bytes: &str) -> String {
        assert_eq!(self.stdout.try_recv(), Err(TryRecvError::Empty));
        // At once, from elsewhere: half of it is not seen.
        let elsewhere = Place::new();
        fs::rename(elsewhere.write("saved", bytes), place.path(file)).unwrap();
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        let mut changed = self.says("changed: ");
        while !changed.contains(name) {
            changed = self.says("changed: ");
        }
        assert_eq!(changed.rsplit(['/', ' ']).next(), Some(name), "{changed}");
        assert_eq!(changed.split_whitespace().count(), 2, "{changed}");
        self.line()
    }

    fn interrupt(&self) {
        must(Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]));
    }

    /// Interrupts it; its exit status, and all of stderr.
    fn end(mut self) -> (ExitStatus, String) {
        self.interrupt();
        self.ended()
    }

    fn ended(&mut self) -> (ExitStatus, String) {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        self.said.extend(self.stderr.iter());
        assert_eq!(self.stdout.iter().collect::<Vec<_>>(), Vec::<String>::new());
        (status, self.said.join("\n"))
    }

    /// Ends it while it waits.
    fn ends_well(self) -> String {
        let (status, said) = self.end();
        assert_eq!(status.code(), Some(0), "{said}");
        said
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The digest that a build of its own has.
fn built(place: &Place, arguments: &str) -> String {
    let ran = place.run(&format!("build {arguments} --dry-run --json"));
    ran.json()["images"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_saved_is_built() {
    let place = Place::with_function();
    let arguments = format!("fn {BASE} -o oci:out/image");
    let mut watch = Watch::start(&place, &arguments);
    let mut seen = vec![watch.digest()];
    let mut next = |watch: &mut Watch, what: &str| {
        let (expected, mut digest) = (built(&place, &arguments), watch.digest());
        // On a busy machine half of it may be built before.
        while digest != expected {
            digest = watch.digest();
        }
        assert_eq!(digest, place.image("out/image", "latest").digest, "{what}");
        assert!(!seen.contains(&digest), "{what}");
        seen.push(digest);
    };
    place.write("fn/app.txt", "edited");
    next(&mut watch, "an edit, before anybody waits");
    watch.says("watching fn; ");
    watch.says("watching fn; ");
    place.write("elsewhere", "renamed");
    fs::rename(place.path("elsewhere"), place.path("fn/app.txt")).unwrap();
    assert_eq!(watch.says("changed: "), "changed: fn/app.txt");
    next(&mut watch, "another file of the name, as editors save");
    place.write("fn/new/below/file", "new");
    assert!(watch.says("changed: ").starts_with("changed: fn/new"));
    next(&mut watch, "new directories");
    watch.says("watching ");
    place.write("fn/new/below/file", "changed");
    next(&mut watch, "what is in them");
    place.write("fn/new/below/file", "CHANGED");
    next(&mut watch, "as many bytes as before");
    place.script("fn/app.txt", "renamed");
    next(&mut watch, "a mode");
    fs::remove_dir_all(place.path("fn/new")).unwrap();
    next(&mut watch, "a directory that is gone");
    place.write("beside", "nobody's");
    place.write("fn/.git/HEAD", "nobody's");
    watch.builds_only(&place, "fn/last.txt", "last");
    let said = watch.ends_well();
    assert!(!said.contains("error"), "{said}");
    assert_eq!(fs::read_dir(place.path("out")).unwrap().count(), 1);
    assert_eq!(temporaries(&place.path(".")), Vec::<String>::new());
}

#[test]
fn what_builds_write_into_their_input_builds_nothing() {
    let place = Place::with_function();
    place.write("fn/.lambdaignore", "cache\n");
    let written = "-o oci:lambda-image -o oci-archive:made/image.tar --image-refs refs --metadata-file meta.json \
                   --ci gitlab --cache-dir cache";
    let mut tool = place.tool(&format!("build --watch . {BASE} {written}"));
    let mut watch = Watch::of(tool.current_dir(place.path("fn")));
    watch.line();
    watch.line();
    for text in ["edited", "again"] {
        watch.builds_only(&place, "fn/app.txt", text);
        watch.line();
    }
    watch.ends_well();
    assert!(
        ["lambda-image", "made/image.tar", "refs", "meta.json", "lambda-img.env", "cache"]
            .iter()
            .all(|name| place.path("fn").join(name).exists())
    );
}

/// Functions of a file, each a directory with what a custom runtime needs.
fn fleet(settings: &str, names: &[&str]) -> Place {
    let place = Place::new();
    for name in names {
        place.script(&format!("{name}/bootstrap"), format!("#!/bin/sh\n# {name}\n"));
    }
    let defaults = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n";
    place.write("lambda-img.toml", format!("{defaults}{settings}"));
    place
}

#[test]
fn a_command_makes_nothing_run_but_what_it_reads_does() {
    let command = "cp source a/made; date +%N > a/when; date +%N > when; mkdir -p $(date +%N)";
    let settings = format!("[functions.a]\npath = \"a\"\npre-build = \"{command}\"\n");
    let place = fleet(&settings, &["a"]);
    place.write("source", "1");
    let mut watch = Watch::start(&place, "a");
    let first = watch.line();
    assert_ne!(watch.builds_only(&place, "source", "2"), first);
    assert_eq!(fs::read_to_string(place.path("a/made")).unwrap(), "2");
    // What no round changed until now is not known as the command's.
    watch.builds_only(&place, "a/text", "new");
    watch.builds_only(&place, "source", "3");
    watch.ends_well();
}

#[test]
fn a_step_runs_when_what_it_reads_is_saved_and_not_for_other_files() {
    let step = "[[functions.a.step]]\nrun = \"echo ran >>runs; cat lists/* >{out}/list\"\ninputs = [\"lists/*.txt\"]\n";
    let place = fleet(&format!("[functions.a]\npath = \"a\"\n{step}"), &["a"]);
    place.write("lists/one.txt", "1");
    let mut watch = Watch::start(&place, "a");
    let first = watch.line();
    assert_ne!(watch.builds_only(&place, "lists/one.txt", "2"), first);
    place.write("unread.md", "1");
    watch.builds_only(&place, "a/text", "new");
    assert_eq!(fs::read_to_string(place.path("runs")).unwrap().lines().count(), 2);
    assert_ne!(watch.builds_only(&place, "lists/two.txt", "3"), first);
    assert_eq!(fs::read_to_string(place.path("runs")).unwrap().lines().count(), 3);
    watch.ends_well();
}

#[test]
fn a_command_may_make_another_directory_each_time() {
    let command =
        "d=$(date +%N); mkdir $d; cp source $d/bootstrap; chmod +x $d/bootstrap; ln -sfn $d current";
    let settings = format!("[functions.a]\npath = \"current\"\npre-build = \"{command}\"\n");
    let place = fleet(&settings, &[]);
    place.write("source", "#!/bin/sh\n");
    let mut watch = Watch::start(&place, "a");
    let first = watch.line();
    let second = watch.builds_only(&place, "source", "#!/bin/sh\nexit\n");
    assert_ne!(second, first);
    assert_eq!(watch.builds_only(&place, "source", "#!/bin/sh\n"), first);
    watch.ends_well();
}

#[test]
fn what_is_saved_while_a_command_runs_is_not_lost() {
    // The command tells that it has copied, and goes on when it is told to.
    let pipes = Place::new();
    let [copied, go_on] = ["copied", "go-on"].map(|name| {
        let pipe = pipes.path(name);
        must(Command::new("mkfifo").arg(&pipe));
        pipe.to_str().unwrap().to_owned()
    });
    let command = format!("cp source a/made; echo > {copied}; read x < {go_on} || true");
    let settings = format!("[functions.a]\npath = \"a\"\npre-build = \"{command}\"\n");
    let place = fleet(&settings, &["a"]);
    place.write("source", "1");
    let mut watch = Watch::start(&place, "a");
    let has_copied = || drop(fs::read(&copied).unwrap());
    let goes_on = || fs::write(&go_on, "\n").unwrap();
    has_copied();
    goes_on();
    watch.line();
    watch.says("watching ");
    place.write("source", "2");
    has_copied();
    place.write("source", "3");
    goes_on();
    let second = watch.digest();
    has_copied();
    goes_on();
    let third = watch.digest();
    assert_ne!(second, third);
    assert_eq!(fs::read_to_string(place.path("a/made")).unwrap(), "3");
    assert_eq!(place.image("lambda-image", "a").digest, third);
    watch.ends_well();
}

#[test]
fn a_command_that_fails_is_waited_on() {
    let settings = "[functions.a]\npath = \"a\"\npre-build = \"date +%N > a/when; grep -q good source\"\n";
    let place = fleet(settings, &["a"]);
    place.write("source", "bad");
    let mut watch = Watch::start(&place, "a");
    watch.says("error: `pre-build` failed");
    watch.says("watching a; ");
    watch.builds_only(&place, "source", "good");
    let said = watch.ends_well();
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
}

#[test]
fn settings_are_read_anew() {
    let functions = "[functions.a]\npath = \"a\"\n[functions.b]\npath = \"b\"\n";
    let place = fleet(functions, &["a", "b"]);
    let mut watch = Watch::start(&place, "--all");
    let first = [watch.line(), watch.line()];
    watch.says("watching a, b; ");
    let good = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", format!("{good}env = {{ A = \"1\" }}\n"));
    let second = [watch.line(), watch.line()];
    assert_eq!(second[0], first[0], "a is what it was");
    assert_ne!(second[1], first[1]);
    watch.says("watching a, b; ");
    place.write("lambda-img.toml", format!("{good}env = 1\n"));
    watch.says("error: ");
    watch.says("watching a, b; ");
    // Not of settings that are no more.
    place.write("a/new", "new");
    watch.says("error: ");
    watch.says("watching a, b; ");
    place.script("c/bootstrap", "#!/bin/sh\n");
    place.write("lambda-img.toml", format!("{good}[functions.c]\npath = \"c\"\n"));
    let third = [watch.line(), watch.line(), watch.line()];
    assert_eq!(third[1], first[1]);
    assert_ne!(third[0], first[0]);
    watch.says("watching a, b, c; ");
    place.write("c/new", "new");
    assert!(watch.line().starts_with("oci:lambda-image:c@"));
    watch.ends_well();
}

#[test]
fn settings_that_come_are_found() {
    let place = Place::with_function();
    let mut watch = Watch::start(&place, &format!("./fn {BASE} -o oci:out/image"));
    let first = watch.line();
    watch.says("watching ");
    place.write("lambda-img.toml", "[defaults]\nenv = { A = \"1\" }\n");
    assert_ne!(watch.line(), first);
    fs::remove_file(place.path("lambda-img.toml")).unwrap();
    assert_eq!(watch.line(), first);
    watch.ends_well();
}

#[test]
fn what_is_broken_is_told_and_heals() {
    let place = Place::new();
    let mut watch = Watch::start(&place, &format!("some/fn {BASE} -o oci:out/image"));
    assert!(watch.says("error: ").contains("does not exist"));
    watch.says("watching ");
    place.script("some/fn/bootstrap", "#!/bin/sh\n");
    let first = watch.line();
    watch.says("watching ");
    for gone in ["some/fn", "some"] {
        fs::remove_dir_all(place.path(gone)).unwrap();
        watch.says("error: ");
        watch.says("watching ");
        place.script("some/fn/bootstrap", "#!/bin/sh\n");
        assert_eq!(watch.line(), first);
        watch.says("watching ");
    }
    // Away and back, before anybody could look.
    fs::rename(place.path("some/fn"), place.path("some/other")).unwrap();
    fs::rename(place.path("some/other"), place.path("some/fn")).unwrap();
    assert_ne!(watch.builds_only(&place, "some/fn/new", "1"), first);
    watch.ends_well();
}

#[test]
fn links_are_followed_where_they_lead() {
    let place = Place::new();
    for version in ["1", "2"] {
        place.script(&format!("versions/{version}/bootstrap"), format!("#!/bin/sh\n# {version}\n"));
    }
    place.link("current", "versions/1");
    place.write("layer/lib.txt", "layer");
    let mut watch = Watch::start(&place, &format!("current {BASE} --lambda-layer layer -o oci:out/image"));
    let mut seen = BTreeSet::from([watch.line()]);
    place.link("next", "versions/2");
    fs::rename(place.path("next"), place.path("current")).unwrap();
    assert!(seen.insert(watch.line()));
    place.write("versions/2/new", "1");
    assert!(seen.insert(watch.line()));
    place.write("layer/lib.txt", "other");
    assert!(seen.insert(watch.line()));
    watch.says("watching ");
    place.write("versions/1/old", "1");
    assert!(seen.insert(watch.builds_only(&place, "versions/2/last", "1")));
    watch.ends_well();
}

#[test]
fn only_what_changed_is_built() {
    let functions = "[functions.a]\npath = \"a\"\n[functions.b]\npath = \"b\"\n";
    let place = fleet(functions, &["a", "b"]);
    let mut watch = Watch::start(&place, "a b --json");
    let names_of = |line: &str| {
        let said: Value = serde_json::from_str(line).unwrap();
        let functions = said["functions"].as_array().unwrap().iter();
        functions.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let names = |watch: &mut Watch| names_of(&watch.line());
    assert_eq!(names(&mut watch), ["a", "b"]);
    place.write("b/new", "1");
    assert_eq!(names(&mut watch), ["b"]);
    place.write("a/new", "1");
    assert_eq!(names(&mut watch), ["a"]);
    // One that is broken is not the other's trouble.
    fs::remove_file(place.path("b/bootstrap")).unwrap();
    watch.says("b:");
    assert_eq!(names(&mut watch), ["b"]);
    place.write("a/new", "2");
    assert_eq!(names(&mut watch), ["a"]);
    assert_eq!(names_of(&watch.builds_only(&place, "a/last", "3")), ["a"]);
    watch.ends_well();
}

#[test]
fn quiet_is_quiet() {
    let place = Place::with_function();
    let mut watch = Watch::start(&place, &format!("fn {BASE} -q -o oci:out/image"));
    watch.line();
    place.write("fn/app.txt", "edited");
    watch.line();
    assert_eq!(watch.ends_well(), "");
}

#[test]
fn every_round_is_pushed() {
    let place = Place::with_function();
    let folder = tempfile::tempdir().unwrap();
    let server = helpers::docker_registry(folder.path(), "", "");
    let tag = format!("{}/shop/fn:v1", server.host);
    let mut watch = Watch::start(&place, &format!("fn {BASE} -t {tag} --push"));
    let first = watch.line();
    place.write("fn/app.txt", "edited");
    let second = watch.line();
    assert_ne!(first, second);
    for line in [first, second] {
        must(place.program("skopeo").args([
            "inspect",
            "--tls-verify=false",
            "--raw",
            &format!("docker://{line}"),
        ]));
    }
    watch.ends_well();
}

#[test]
fn an_interrupt_during_a_build_ends_as_that_of_a_build() {
    let place = Place::with_function();
    let mut watch = Watch::start(&place, &format!("fn {BASE} -o oci:out/image"));
    let digest = watch.digest();
    watch.says("watching ");
    place.sparse("fn/large", 6 << 30);
    until("something is built", || !temporaries(&place.path("out")).is_empty());
    let (status, said) = watch.end();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.ends_with("error: interrupted"), "{said}");
    assert_eq!(temporaries(&place.path("out")), Vec::<String>::new());
    assert_eq!(place.image("out/image", "latest").digest, digest);
}

#[test]
fn an_interrupted_command_ends_it() {
    let pipes = Place::new();
    let begun = pipes.path("begun");
    must(Command::new("mkfifo").arg(&begun));
    let command = format!("echo > {}; exec sleep 600", begun.display());
    let settings = format!("[functions.a]\npath = \"a\"\npre-build = \"{command}\"\n");
    let place = fleet(&settings, &["a"]);
    let mut watch = Watch::start(&place, "a");
    watch.says("pre-build: ");
    fs::read(&begun).unwrap();
    // A terminal interrupts both.
    watch.interrupt();
    must(Command::new("pkill").args(["-INT", "-P", &watch.child.id().to_string()]));
    let (status, said) = watch.ended();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(!Path::new(&place.path("lambda-image")).exists());
}

#[test]
fn what_is_asked_for_wrongly_ends_at_once() {
    let place = Place::with_function();
    place.refuses(2, "build --watch fn", &["no runtime is set"]);
    place.refuses(2, "build --watch fn -r no", &["`no`"]);
    place.refuses(2, "build --watch fn -r provided.al2023 -t localhost/x:v1", &["`-t`"]);
    place.refuses(2, "build --watch --changed-since HEAD", &["--watch"]);
    place.refuses(2, "build --watch --all", &[]);
    place.write("lambda-img.toml", "[functions");
    place.refuses(2, "build --watch --all", &["lambda-img.toml"]);
}
