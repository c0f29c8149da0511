//! `rebase`: the same layers on another base, equal to a build there, and refused where the function would break.

mod account;
mod inputs;
mod rows;

use std::fs;

use serde_json::Value;

use crate::harness::common::{Place, run};
use crate::harness::emulator::Emulator;

/// Files of a base, and options of its image.
struct Base {
    files: Vec<(&'static str, &'static str)>,
    env: Vec<&'static str>,
}

impl Base {
    /// One like AWS's of a runtime, with what its language is recognised by.
    fn of(version: &'static [(&'static str, &'static str)]) -> Self {
        let mut files = vec![
            ("etc/os-release", "ID=amzn\nVERSION_ID=2023\n"),
            ("lambda-entrypoint.sh", "#!/bin/sh\n"),
            ("usr/lib64/data", "old"),
        ];
        files.extend(version);
        Self { files, env: vec!["LANG=C"] }
    }

    fn python() -> Self {
        Self::of(&[
            ("var/lang/lib/python3.12/os.py", "1"),
            ("var/lang/include/python3.12/patchlevel.h", "#define PY_VERSION \"3.12.1\"\n"),
            ("usr/bin/tool", "#!/bin/sh\n"),
        ])
    }

    /// Another file, or other content.
    fn with(mut self, path: &'static str, content: &'static str) -> Self {
        self.files.retain(|(other, _)| *other != path);
        self.files.push((path, content));
        self
    }

    fn without(mut self, start: &str) -> Self {
        self.files.retain(|(path, _)| !path.starts_with(start));
        self
    }

    fn env(mut self, line: &'static str) -> Self {
        self.env.push(line);
        self
    }

    /// Builds it as `oci:bases:TAG`.
    fn make(&self, place: &Place, runtime: &str, tag: &str) {
        let mut arguments = format!(
            "build {tag}-code -r {runtime} -b embedded --entrypoint /lambda-entrypoint.sh --cmd x.y -q \
             --allow {ALLOWED} -o oci:bases:{tag}"
        );
        place.write(&format!("{tag}-code/x.txt"), "x");
        for (path, content) in &self.files {
            place.script(&format!("{tag}/{path}"), content);
            arguments += &format!(" --add {tag}/{path}:/{path}");
        }
        self.env.iter().for_each(|line| arguments += &format!(" --env {line}"));
        place.run(&arguments).digests();
    }
}

/// What a run of `rebase --json` says, and its exit code.
fn rebase(place: &Place, arguments: &str) -> (Option<i32>, Value) {
    let ran = place.run(&format!("rebase {arguments} --json"));
    let said = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran.code, said)
}

fn rebased(said: &Value) -> &Value {
    let rebased = &said["images"][0]["plan"]["rebased"];
    assert!(rebased.is_object(), "{said:#}");
    rebased
}

/// The findings that are not merely reported, by row and verdict.
fn rows(said: &Value) -> Vec<(String, String)> {
    let found = rebased(said)["findings"].as_array().unwrap().iter();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    found.map(|one| (text(one, "row"), text(one, "verdict"))).collect()
}

/// What checks find in bases and functions that are not whole, and does not matter here.
const ALLOWED: &str =
    "start-missing,start-format,start-link,handler-missing,handler-symbol,runtime-client-none,dangling-link";

const FUNCTION: &str = "fn --handler app.handler --allow start-missing,start-format,runtime-client-none";

#[test]
fn the_digest_is_that_of_a_build_on_the_new_base_and_no_layer_is_sent() {
    let (place, registry) = (Place::new(), Emulator::start(&[]));
    let host = &registry.host;
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    Base::python().make(&place, "python3.12", "old");
    Base::python().with("usr/lib64/data", "patched").with("usr/lib64/more", "1").env("FIXED=1").make(
        &place,
        "python3.12",
        "new",
    );
    let base = format!("{host}/lambda/python:3.12");
    let allow = &format!("--allow {ALLOWED}");
    place.run(&format!("push oci:bases:old {base} {allow}")).digests();
    let options = format!("-r python3.12 -b {base} --env MINE=1 --label team=a");
    let image = format!("{host}/team/fn:v1");
    place.run(&format!("build {FUNCTION} {options} --push -t {image}")).digests();

    // Nothing to do yet.
    let ran = place.run(&format!("rebase {image} {allow}"));
    assert!(ran.code == Some(0) && ran.stdout.contains("is on this base already"), "{ran:?}");

    place.run(&format!("push oci:bases:new {base} {allow}")).digests();
    let plan = place.run(&format!("rebase {image} --runtime python3.12 {allow}"));
    assert_eq!(plan.code, Some(0), "{plan:?}");
    for line in ["  changed: /usr/lib64/data", "  added: /usr/lib64/more", "as a build of the same source"] {
        assert!(plan.stdout.contains(line), "{line}: {}", plan.stdout);
    }
    registry.log();
    let (code, said) = rebase(&place, &format!("{image} --push {allow}"));
    assert_eq!(code, Some(0), "{said:#}");
    let log = registry.log();

    let built = place.run(&format!("build {FUNCTION} {options} -o oci:rebuilt:v1")).digest();
    assert_eq!(rebased(&said)["digest"], built.as_str(), "{said:#}");
    assert_eq!(rebased(&said)["equals_build"], true);
    // The configuration alone is sent; layers are there, or mounted.
    let config = &place.unjudged("rebuilt", "v1").manifest["config"]["size"];
    let blobs = &said["pushed"][0]["blobs"];
    assert_eq!((&blobs["sent"], &blobs["sent_bytes"]), (&Value::from(1), config), "{said:#}");
    let uploads = log.iter().filter(|line| line.contains("/blobs/uploads/") && line.contains("PUT")).count();
    assert!(uploads <= 1, "{log:#?}");
    // A new tag, and the old one stays.
    let tag = said["pushed"][0]["tags"][0].as_str().unwrap();
    assert_eq!(tag, format!("v1-rebased-{}", &built["sha256:".len()..][..12]));
    let state = registry.state();
    let digest = |tag: &str| state.manifests[&("team/fn".to_owned(), tag.to_owned())].1.clone();
    assert_ne!(digest("v1"), digest(tag));
    drop(state);
    // Again: the same name, and nothing is sent.
    let (_, again) = rebase(&place, &format!("{image} --push {allow}"));
    assert_eq!(again["pushed"][0]["already_published"], true, "{again:#}");
}

#[test]
fn every_language_is_compared_whatever_the_base_is_called() {
    let nodejs = "#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 0\n\
                  #define NODE_MODULE_VERSION 127\n";
    let moved = "#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 2\n#define NODE_PATCH_VERSION 0\n\
                 #define NODE_MODULE_VERSION 131\n";
    type Files = [(&'static str, &'static str); 2];
    let families: [(&str, Files, Files); 4] = [
        (
            "nodejs22.x",
            [("var/lang/include/node/node_version.h", nodejs), ("var/lang/a", "1")],
            [("var/lang/include/node/node_version.h", moved), ("var/lang/a", "1")],
        ),
        (
            "ruby3.4",
            [("var/lang/lib/ruby/3.4.0/a.rb", "1"), ("var/lang/a", "1")],
            [("var/lang/lib/ruby/3.5.0/a.rb", "1"), ("var/lang/a", "1")],
        ),
        (
            "java21",
            [("var/lang/release", "JAVA_VERSION=\"21.0.5\"\n"), ("var/lang/a", "1")],
            [("var/lang/release", "JAVA_VERSION=\"25.0.1\"\n"), ("var/lang/a", "1")],
        ),
        (
            "dotnet8",
            [("var/lang/bin/shared/Microsoft.NETCore.App/8.0.10/a.dll", "1"), ("var/lang/a", "1")],
            [("var/lang/bin/shared/Microsoft.NETCore.App/10.0.1/a.dll", "1"), ("var/lang/a", "1")],
        ),
    ];
    let place = Place::new();
    place.write("fn/app.txt", "app");
    for (runtime, old, new) in families {
        let name = runtime.split('.').next().unwrap();
        let base = |files: [(&'static str, &'static str); 2]| {
            files.into_iter().fold(Base::of(&[]), |base, (path, content)| base.with(path, content))
        };
        base(old).make(&place, runtime, &format!("{name}-old"));
        base(old).with("usr/lib64/data", "patched").make(&place, runtime, &format!("{name}-patched"));
        base(new).make(&place, runtime, &format!("{name}-new"));
        let allow = &format!("--allow {ALLOWED}");
        let function = format!("build fn -r {runtime} --cmd a.b {allow} -b oci:bases:{name}");
        place.run(&format!("{function}-old -o oci:{name}:v1")).digests();
        let from = format!("oci:{name}:v1 --assume-base oci:bases:{name}-old {allow} --to oci:bases:{name}");
        let (code, said) = rebase(&place, &format!("{from}-patched"));
        assert_eq!(code, Some(0), "{said:#}");
        let built = place.run(&format!("{function}-patched -o oci:{name}:v2")).digest();
        assert_eq!(rebased(&said)["digest"], built.as_str(), "{runtime}");
        let (code, said) = rebase(&place, &format!("{from}-new"));
        assert_eq!(code, Some(3), "{said:#}");
        assert!(
            rows(&said).contains(&("interpreter-changed".into(), "refuse".into())),
            "{runtime}: {said:#}"
        );
    }
}

#[test]
fn what_cannot_be_planned_says_what_to_do() {
    let place = Place::new();
    place.write("fn/app.py", "");
    Base::python().make(&place, "python3.12", "old");
    Base::python().with("usr/lib64/data", "new").make(&place, "python3.12", "new");
    place.run(&format!("build {FUNCTION} -r python3.12 -b oci:bases:old -o oci:image:v1")).digests();
    place.refuses(1, "rebase oci:image:v1 --to oci:bases:new", &["base", "is not known", "--assume-base"]);
    place.refuses(
        1,
        "rebase oci:image:v1 --to oci:bases:new --assume-base oci:bases:new",
        &["does not begin with the layers", "nothing was pushed"],
    );
    place.refuses(1, "rebase oci:image:v1 --to oci:bases:none --assume-base oci:bases:old", &["none"]);
    place.refuses(2, "rebase unknown", &["unknown"]);
    place.refuses(2, "rebase oci:image:v1 oci:image:v1 --tag v2", &["`--tag` is for one image"]);
    place.refuses(2, "rebase oci:image:v1 --plan --push", &["--plan"]);
    let unplanned = "rebase oci:image:v1 --to oci:bases:new --assume-base oci:bases:old --push --allow";
    let unplanned = &format!("{unplanned} {ALLOWED}");
    place.refuses(2, unplanned, &["--repository"]);
    let ran =
        run(&mut place
            .tool("rebase oci:image:v1 --to oci:bases:new --assume-base oci:bases:old -r python3.13"));
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("python3.13") || ran.stderr.contains("python3.13"), "{ran:?}");
    fs::write(place.path("lambda-img.toml"), "[functions.api]\nruntime = \"python3.12\"\npath = \"fn\"\n")
        .unwrap();
    place.refuses(2, "rebase api", &["has no `tag`"]);
    // The images of a function are those of its key `tag`.
    let text = "[functions.api]\nruntime = \"python3.12\"\npath = \"fn\"\ntag = \"127.0.0.1:1/team/fn:v1\"\n";
    fs::write(place.path("lambda-img.toml"), text).unwrap();
    place.refuses(1, "rebase api --tag v2 --retries 0", &["127.0.0.1:1"]);
}
