//! Every command that the documents show is run, page by page, in a directory that has what they speak of, against a
//! registry that has stand-ins of AWS's bases. What cannot be run stands in a list, with the reason.

use std::collections::BTreeSet;
use std::fs;

use lambda_img::arch::Arch;
use lambda_img::runtime;

use super::{OUTER, helpers, pages, repository};
use crate::harness::common::{Place, must, run};

/// What begins a command that is not run here, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("aws ", "needs AWS: `tests/deploy` holds it to the AWS CLI's models"),
    ("terraform apply", "needs AWS: `tests/deploy` reads the files"),
    ("cargo install --path .", "compiles for minutes: `tests/packaging` holds what the crate's package has"),
    ("bash examples/rust/prepare.sh && cargo run", "`.ci/run` runs it, as written"),
    ("bash .ci/install && cargo test", "it would run itself: `.ci/run` runs it, as written"),
    ("bash .ci/run", "it would run itself"),
    ("bash .ci/nightly", "CI runs it each night: it takes longer than all of this"),
    ("bash .ci/instructions", "`.ci/run` runs it: it needs valgrind, and a build of its own"),
    ("bash .ci/architectures", "`.ci/run` runs it: it installs compilers for other processors"),
    ("bash .ci/hermetic", "Cargo is running this test"),
    ("bash .ci/bare-root", "likewise, and it makes a Debian first: CI runs it each night"),
    ("bash fuzz/run", "`.ci/run` runs it, for a shorter time"),
    ("cargo build ", "Cargo is running this test"),
    ("cargo add ", "the package is not published, and a reader has a project to add it to"),
    ("cargo test --test hermetic", "Cargo is running this test"),
    ("cargo nextest", "a reader's own choice of a runner"),
    ("benches/run", "measures for minutes, on a quiet machine"),
    ("benches/registry-cache", "likewise"),
    ("benches/invoke", "measures a quiet machine"),
    (
        "cargo build --release --target",
        "the target is not installed: `tests/examples` builds and runs that function",
    ),
    ("mvn ", "Maven would fetch its plugins: `tests/examples` makes the same directory with javac"),
    ("dotnet ", "no SDK is at hand: the directory is that of `examples/dotnet`"),
    ("bundle ", "it would ask rubygems.org: `tests/clients/init` has Bundler install from a directory"),
    (
        "lambda-img init",
        "it looks at a function of one language: `tests/clients/init` has one of each, and builds them",
    ),
    ("lambda-img build   ", "of settings that the page before did not write: `tests/settings` does"),
    ("lambda-img build orders", "likewise"),
    ("lambda-img build ./orders", "likewise"),
    ("lambda-img config", "likewise"),
    ("lambda-img build --watch", "it ends when its user ends it: `tests/watch` does"),
    ("lambda-img check orders", "likewise"),
    ("lambda-img invoke", "the stand-in bases start nothing: `tests/clients/local_invoke` has one that does"),
    ("lambda-img deploy", "needs Lambda: `tests/hermetic/deploy` has a scripted one"),
    ("lambda-img rollback", "likewise"),
    ("lambda-img images", "needs ECR and Lambda: `tests/hermetic/images.rs` has scripted ones"),
    ("lambda-img prune", "likewise"),
    ("lambda-img rebase --account", "needs Lambda: `tests/hermetic/rebase` has a scripted one"),
    ("lambda-img rebase --try", "the stand-in bases start nothing: `tests/clients/rebase` has one that does"),
    ("lambda-img login", "it asks at a terminal: `tests/push` has one"),
    ("pass show registry", "its reader's own passwords: `tests/push` logs in by standard input"),
    ("lambda-img logout", "of the login that the page before did not make: `tests/push` does"),
    (
        "lambda-img auth check",
        "the stand-in wants no credential: `tests/push` and `tests/ecr` have registries that do",
    ),
];

/// A package of PyPI that is compiled, for Python 3.13 on AMD64's glibc alone.
const COMPILED: &str =
    "markupsafe==3.0.4 --hash=sha256:434139499bb20b502ed3baa1f169e618f924a97e7a777fea1a49446d80106cf6\n";

/// A command, and the lines that the page shows of its standard output.
struct Shown {
    command: String,
    output: Vec<String>,
}

/// What a page says before a file that its reader is to write.
const WRITE: &str = "Write `";

/// The file that a page has its reader write right before `block`, as a command.
fn written(before: &str, block: &str) -> Option<Shown> {
    let (_, path) = before.trim_end().rsplit_once(WRITE)?;
    let path = path.strip_suffix("`:")?;
    let text = block.split_once('\n')?.1;
    Some(Shown { command: format!("cat > {path} <<'END'\n{text}\nEND"), output: Vec::new() })
}

/// The commands of a page, in their order.
fn shown(text: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let parts: Vec<_> = text.split("\n```").collect();
    for (before, block) in parts.iter().zip(&parts[1..]).step_by(2) {
        found.extend(written(before, block));
        let Some(block) = block.strip_prefix("console\n") else { continue };
        let mut goes_on = false;
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                found.push(Shown { command: command.to_owned(), output: Vec::new() });
            } else if goes_on {
                found.last_mut().unwrap().command += &format!("\n{line}");
            } else {
                found.last_mut().expect("a command before its output").output.push(line.to_owned());
            }
            goes_on = line.ends_with('\\');
        }
    }
    found
}

/// Whether a line is the one that a page shows, in which each `…` stands for anything.
fn fits(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut end = "";
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        (rest, end) = (&rest[at + part.len()..], part);
    }
    rest.is_empty() || (pattern.contains('…') && (end.is_empty() || line.ends_with(end)))
}

/// Where somebody reads along: a directory, to be copied for each page, and a registry, with the bases of the runtimes
/// that the pages name.
struct World {
    place: Place,
    registry: helpers::Server,
    _blobs: Place,
}

fn world() -> World {
    let place = Place::new();
    let copy = |from: &str, to: &str| {
        let bytes = fs::read(repository("examples").join(from)).unwrap();
        place.write(to, bytes);
    };
    must(place.program("python3").arg(repository("docs/captures/place.py")).arg("."));
    let mut program = fs::read(place.path("fn/bootstrap")).unwrap();
    place.script("bootstrap", &program);
    place.script("target/x86_64-unknown-linux-musl/release/bootstrap", &program);
    // ELF's e_machine.
    for (arch, machine) in [("x86_64", 62), ("arm64", 183)] {
        program[18] = machine;
        place.script(&format!("{arch}/start"), &program);
    }
    place.write("lambda_function.py", "def lambda_handler(event, context):\n    return event\n");
    copy("python/app.py", "app.py");
    // One is compiled, for one version of Python and one system: a recipe that installs for this machine is denied.
    let requirements = fs::read_to_string(repository("examples/python/requirements.txt")).unwrap();
    place.write("requirements.txt", requirements + COMPILED);
    for name in ["index.js", "package.json", "package-lock.json"] {
        copy(&format!("nodejs/{name}"), &format!("nodejs/{name}"));
    }
    copy("go/main.go", "go/main.go");
    copy("go/go.mod", "go/go.mod");
    for entry in fs::read_dir(repository("examples/dotnet/publish")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        copy(&format!("dotnet/publish/{name}"), &format!("publish/{name}"));
    }
    place.write("ruby/lambda_function.rb", "def lambda_handler(event:, context:)\n  event\nend\n");
    place.write(
        "java/example/App.java",
        "package example; public class App { public String handle(String s) { return s; } }\n",
    );
    must(place.program("javac").args(["--release", "17", "-d", "target/classes", "java/example/App.java"]));
    must(place.program("jar").args(["--create", "--file", "target/fn.jar", "-C", "target/classes", "."]));
    place.write("js/app.js", "exports.handler = async (event) => event;\n");
    place.write("layer/python/more.py", "");
    for (name, dir) in [("package.zip", "js"), ("function.zip", "."), ("layer.zip", "layer")] {
        let files = if dir == "." { "app.py" } else { "." };
        must(
            place.program("zip").args(["-qr"]).arg(place.path(name)).arg(files).current_dir(place.path(dir)),
        );
    }

    // Checked out, with a branch to compare with.
    place.dir("examples");
    must(place.program("cp").arg("-r").arg(repository("examples/fleet")).arg("examples"));
    let script = "git init -q && git add -A && git -c user.name=x -c user.email=x@example.com commit -qm x \
                  && git update-ref refs/remotes/origin/main HEAD";
    must(place.program("sh").args(["-ec", script]).current_dir(place.path("examples/fleet")));

    place.write(".lambdaignore", "arm64\nbase\nbase-files\nbin\nexamples\nimages\nsaid\n");
    let blobs = Place::new();
    let registry = helpers::docker_registry(&blobs.path(""), "", "");
    place.write("code/x.py", "");
    let bases = [
        ("provided.al2023", Arch::X86_64),
        ("provided.al2023", Arch::Arm64),
        ("python3.12", Arch::X86_64),
        ("python3.12", Arch::Arm64),
        ("python3.13", Arch::X86_64),
        ("nodejs22.x", Arch::X86_64),
        ("nodejs22.x", Arch::Arm64),
        ("java21", Arch::X86_64),
        ("dotnet8", Arch::X86_64),
        ("ruby3.4", Arch::X86_64),
    ];
    // What says which version of its language a base has.
    place.write("base-files/os-release", "ID=amzn\nVERSION_ID=2023\n");
    for (at, patch) in [("old", 11), ("new", 12)] {
        let header = format!("#define PY_VERSION \"3.12.{patch}\"\n");
        place.write(&format!("base-files/{at}/lib/python3.12/os.py"), "");
        place.write(&format!("base-files/{at}/include/python3.12/patchlevel.h"), header);
    }
    let dated = "public.ecr.aws/lambda/python:3.12.2026.09.04.10-x86_64";
    let images = bases.map(|(id, arch)| (id, arch, runtime::profile(id).unwrap().image(arch).unwrap()));
    for (id, arch, image) in [("python3.12", Arch::X86_64, dated.to_owned())].into_iter().chain(images) {
        let profile = runtime::profile(id).unwrap();
        let files = if image == dated { "old" } else { "new" };
        let image = image.replace("public.ecr.aws", &format!("{}/mirror", registry.host));
        let mut base =
            place.tool("build code --runtime provided.al2023 --base embedded --cmd x --quiet --push");
        let program = format!("{}/start", arch.lambda());
        base.args(["--bootstrap", &program, "--add", &format!("{program}:/lambda-entrypoint.sh")]);
        base.args(["--arch", arch.lambda(), "-t", &image, "-o", "oci:base:java"]);
        base.args(["--entrypoint", &profile.expected.entrypoint.join(" ")]);
        if id == "python3.12" {
            base.args(["--add", "base-files/os-release:/etc/os-release"]);
            base.args(["--add", &format!("base-files/{files}:/var/lang")]);
        }
        for variable in &profile.expected.env {
            base.args(["--env", variable]);
        }
        must(&mut base);
    }
    // The tool as it would be in a world where public.ecr.aws is here.
    let mirror = format!("--registry-mirror public.ecr.aws={}/mirror", registry.host);
    let tool = env!("CARGO_BIN_EXE_lambda-img");
    let program = format!(
        "#!/bin/bash\ncase $1-$2 in\nbase-list) ;;\nbuild-* | base-* | check-* | diff-* | inspect-* | rebase-*) set -- \"$@\" {mirror} ;;\nesac\nexec {tool} \"$@\"\n"
    );
    place.script("bin/lambda-img", program);
    World { place, registry, _blobs: blobs }
}

#[test]
fn every_command_is_run_or_has_a_reason() {
    let inner = pages().into_iter().map(|page| format!("docs/{page}"));
    let world = world();
    let mut excused = BTreeSet::new();
    let mut ran = 0;
    for page in inner.chain(OUTER.map(str::to_owned)) {
        let text = fs::read_to_string(repository(&page)).unwrap();
        let (not_run, to_run): (Vec<_>, Vec<_>) = shown(&text).into_iter().partition(|one| {
            let reasons = NOT_RUN.iter().filter(|(begin, _)| one.command.starts_with(begin));
            let reason = reasons.max_by_key(|(begin, _)| begin.len());
            excused.extend(reason.map(|(begin, _)| *begin));
            reason.is_some()
        });
        assert!(not_run.iter().all(|one| one.output.is_empty()), "{page} shows output of what is not run");
        if !to_run.is_empty() {
            follow(&page, &named(&text), &to_run, &world);
            ran += to_run.len();
        }
    }
    let unused: Vec<_> = NOT_RUN.iter().filter(|(begin, _)| !excused.contains(begin)).collect();
    assert!(unused.is_empty() && ran > 30, "{ran} were run; nothing shows {unused:?}");
}

/// The blocks of a page that bear the name of a program or of a policy, which its commands then use.
fn named(text: &str) -> Vec<(&str, &str)> {
    let blocks = text.split("\n```").filter_map(|block| block.split_once('\n'));
    let named = blocks.filter_map(|(head, text)| Some((head.split_once(' ')?.1, text)));
    named.filter(|(name, _)| name.ends_with(".py") || *name == "policy.toml").collect()
}

/// Runs the commands of a page in one shell, one after the other, where its files are.
fn follow(page: &str, files: &[(&str, &str)], commands: &[Shown], world: &World) {
    let place = Place::new();
    must(place.program("cp").arg("-a").arg(world.place.path(".")).arg("."));
    for (name, text) in files {
        place.write(name, format!("{text}\n"));
    }
    let registry = &world.registry;
    let here = |text: &str| {
        text.replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", &registry.host)
            .replace("REGISTRY/", &format!("{}/", registry.host))
    };
    place.dir("said");
    let mut script = "set -euo pipefail\n".to_owned();
    for (at, one) in commands.iter().enumerate() {
        let said = place.path(&format!("said/{at}"));
        script += &format!("{{ {}\n}} >{}\n", here(&one.command), said.display());
    }
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    let ran =
        run(place.program("bash").args(["-c", &script]).env("PATH", path).env_remove("SOURCE_DATE_EPOCH"));
    let said = |at: usize| fs::read_to_string(place.path(&format!("said/{at}"))).unwrap_or_default();
    let last =
        (0..commands.len()).take_while(|at| place.path(&format!("said/{at}")).exists()).last().unwrap();
    assert_eq!(ran.code, Some(0), "{page}: `{}`: {}{}", commands[last].command, said(last), ran.stderr);
    for (at, one) in commands.iter().enumerate() {
        let said = said(at);
        let lines: Vec<_> = said.lines().collect();
        // A last line of `…` stands for all that follows.
        let (shown, more) = match one.output.split_last() {
            Some((last, shown)) if last == "…" => (shown, true),
            _ => (&one.output[..], false),
        };
        let same = (lines.len() == shown.len() || (more && lines.len() > shown.len()))
            && lines.iter().zip(shown).all(|(line, shown)| fits(line, &here(shown)));
        assert!(one.output.is_empty() || same, "{page}: `{}` printed:\n{said}", one.command);
    }
}

#[test]
fn recipes_install_for_the_base_and_not_for_this_machine() {
    let inner = pages().into_iter().map(|page| format!("docs/{page}"));
    let mut seen = BTreeSet::new();
    for page in inner.chain(OUTER.map(str::to_owned)) {
        let text = fs::read_to_string(repository(&page)).unwrap();
        for one in shown(&text) {
            let needed: &[&str] = match one.command.split_whitespace().collect::<Vec<_>>()[..] {
                ["pip" | "pip3", "install", ..] => {
                    &["--only-binary=:all:", "--python-version ", "--platform "]
                }
                ["npm", "ci" | "install", ..] => &["--os=linux", "--cpu="],
                _ => continue,
            };
            seen.insert(needed);
            let missing: Vec<_> = needed.iter().filter(|option| !one.command.contains(**option)).collect();
            assert!(missing.is_empty(), "{page}: `{}` lacks {missing:?}", one.command);
        }
    }
    assert_eq!(seen.len(), 2);
}
