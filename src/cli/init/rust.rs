//! Rust: a function for each binary of Cargo.toml, and of each member of a workspace. All are compiled in the
//! workspace's own target directory, so that they share what they depend on.

use std::path::Path;

use lambda_img::arch::Arch;
use lambda_img::runtime::Family;
use toml::{Table, Value};

use super::draft::{Draft, Step, TemplateFunction, name_of};
use super::machine;
use super::runtimes;
use super::source::{Source, below, joined, matches, slashed};
use crate::cli::show::shell::word;

/// A program of a package.
struct Binary {
    package: String,
    name: String,
}

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let Ok(cargo) = source.text("Cargo.toml").parse::<Table>() else { return Vec::new() };
    let members = members(source, &cargo);
    let mut binaries = of_package(source, &cargo);
    let mut dirs = Vec::new();
    for dir in &members {
        let at = slashed(&below(source.dir, dir));
        let inner = Source { root: source.root, dir: &at };
        let Ok(cargo) = inner.text("Cargo.toml").parse::<Table>() else { continue };
        let own = of_package(&inner, &cargo);
        dirs.push(dir.clone());
        binaries.extend(own);
    }
    // A tool of the workspace is not a function; with nothing that tells them apart, all are.
    if binaries.iter().any(|(is_function, _)| *is_function) {
        binaries.retain(|(is_function, _)| *is_function);
    }
    let target = Target::of(told.archs.first().copied().unwrap_or_default());
    let only = binaries.len() == 1 && members.is_empty();
    let of_binary = |binary: &Binary| Draft {
        name: if only { told.name.clone() } else { name_of(&binary.name) },
        found: source.path("Cargo.toml"),
        runtime: runtimes::newest(Family::Custom).id,
        base: Some("embedded"),
        steps: vec![step(source, binary, &dirs, &target)],
        notes: target.note.iter().cloned().collect(),
        leaves: vec![source.path("target")],
        ..Draft::default()
    };
    // Of a template's function the one that it names.
    let named = told.handler.as_deref().and_then(|handler| handler.rsplit('/').next());
    let fitting: Vec<_> = binaries.iter().filter(|(_, binary)| Some(binary.name.as_str()) == named).collect();
    if fitting.is_empty() {
        binaries.iter().map(|(_, binary)| of_binary(binary)).collect()
    } else {
        fitting
            .into_iter()
            .map(|(_, binary)| Draft { name: told.name.clone(), ..of_binary(binary) })
            .collect()
    }
}

/// The binaries of a package, each with whether it is a function of Lambda by what it depends on.
fn of_package(source: &Source<'_>, cargo: &Table) -> Vec<(bool, Binary)> {
    let name = |value: &Value| Some(value.get("name")?.as_str()?.to_owned());
    let Some(package) = cargo.get("package").and_then(name) else { return Vec::new() };
    let mut names: Vec<String> =
        cargo.get("bin").and_then(Value::as_array).into_iter().flatten().filter_map(name).collect();
    if names.is_empty() && source.has("src/main.rs") {
        names.push(package.clone());
    }
    for other in source.names("src/bin") {
        let other = other.trim_end_matches(".rs").to_owned();
        if !names.contains(&other) {
            names.push(other);
        }
    }
    let is_function = depends_on_lambda(cargo);
    names.into_iter().map(|name| (is_function, Binary { package: package.clone(), name })).collect()
}

fn depends_on_lambda(cargo: &Table) -> bool {
    let dependencies = cargo.get("dependencies").and_then(Value::as_table);
    dependencies
        .is_some_and(|all| ["lambda_runtime", "lambda_http"].iter().any(|name| all.contains_key(*name)))
}

/// The directories of a workspace's members; patterns have a `*` at their end.
fn members(source: &Source<'_>, cargo: &Table) -> Vec<String> {
    let listed = |key: &str| {
        let list = cargo.get("workspace").and_then(|workspace| workspace.get(key)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|entry| Some(entry.as_str()?.to_owned())).collect::<Vec<_>>()
    };
    let excluded = listed("exclude");
    let mut all = Vec::new();
    for pattern in listed("members") {
        match pattern.strip_suffix("/*") {
            Some(above) => all.extend(source.names(above).into_iter().map(|name| format!("{above}/{name}"))),
            None if pattern == "." => {}
            None => all.push(pattern),
        }
    }
    all.retain(|dir| !excluded.contains(dir) && source.has(&format!("{dir}/Cargo.toml")));
    all
}

fn step(source: &Source<'_>, binary: &Binary, members: &[String], target: &Target) -> Step {
    let locked = if source.has("Cargo.lock") { " --locked" } else { "" };
    let here = word(&source.path("target"));
    let names =
        ["Cargo.toml", "Cargo.lock", "src", "build.rs", ".cargo", "rust-toolchain.toml", "rust-toolchain"];
    let there = |name: &&&str| source.has(name) || source.is_dir(name);
    let own = names.iter().filter(there).map(|name| source.path(name));
    let others = members.iter().map(|dir| source.path(dir));
    let manifest = source.text("Cargo.toml");
    let beside = matches(&manifest, r#"\bpath\s*=\s*"(\.\.?/[^"]+)""#).into_iter();
    let beside = beside.filter_map(|path| joined(source.dir, &path));
    Step {
        name: "code",
        comments: target.comment.iter().map(|comment| (*comment).to_owned()).collect(),
        run: format!(
            "target={0}\n{1}cargo build --release{locked} --quiet --target \"$target\" --package {2} --bin {3} \\\n  \
             --manifest-path {4} --target-dir {here}\n\
             cp {here}/\"$target\"/release/{3} {{out}}/bootstrap\n",
            target.name,
            target.flags,
            word(&binary.package),
            word(&binary.name),
            word(&source.path("Cargo.toml")),
        ),
        programs: vec!["cargo"],
        inputs: own.chain(others).chain(beside).collect(),
        env: if target.flags.is_empty() { vec!["RUSTFLAGS".to_owned()] } else { Vec::new() },
        versions: vec!["rustc --version".to_owned()],
        ..Step::default()
    }
}

/// What makes a program without shared libraries: it runs on any base.
struct Target {
    name: &'static str,
    flags: &'static str,
    comment: Option<&'static str>,
    note: Option<String>,
}

const MUSL: &str = "$(echo {rust-target} | sed 's/gnu$/musl/')";

impl Target {
    /// musl where its library is installed; else glibc's static one where this is the machine for it.
    fn of(arch: Arch) -> Self {
        let cpu = if arch == Arch::Arm64 { "aarch64" } else { "x86_64" };
        let musl = format!("{cpu}-unknown-linux-musl");
        let library =
            machine::version("rustc", &["--print", "target-libdir", "--target", &musl], r"(?m)^(.+)$");
        if library.is_some_and(|path| Path::new(&path).is_dir()) {
            return Self { name: MUSL, flags: "", comment: None, note: None };
        }
        if cfg!(target_os = "linux") && std::env::consts::ARCH == cpu {
            let comment = "The C library is linked statically. On other machines, install the musl target \
                           (`rustup target add`) and write it in the place of {rust-target}.";
            let flags = "RUSTFLAGS='-C target-feature=+crt-static' ";
            return Self { name: "{rust-target}", flags, comment: Some(comment), note: None };
        }
        let note = format!("`rustup target add {musl}` installs the target");
        Self { name: MUSL, flags: "", comment: None, note: Some(note) }
    }
}
