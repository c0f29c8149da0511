//! Rust: a function for each binary of Cargo.toml.

use std::path::Path;
use std::process::{Command, Stdio};

use lambda_img::arch::Arch;
use lambda_img::runtime::Family;

use super::draft::{Draft, TemplateFunction, name_of};
use super::runtimes;
use super::shell::word;
use super::source::Source;

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let Ok(cargo) = source.text("Cargo.toml").parse::<toml::Table>() else { return Vec::new() };
    let name = |value: &toml::Value| Some(value.get("name")?.as_str()?.to_owned());
    let package = cargo.get("package").and_then(name);
    let mut bins: Vec<_> =
        cargo.get("bin").and_then(toml::Value::as_array).into_iter().flatten().filter_map(name).collect();
    if bins.is_empty() && source.has("src/main.rs") {
        bins.extend(package);
    }
    let others = source.names("src/bin");
    for other in others.iter().map(|name| name.trim_end_matches(".rs")) {
        if !bins.iter().any(|bin| bin == other) {
            bins.push(other.to_owned());
        }
    }
    let target = Target::of(told.archs.first().copied().unwrap_or_default());
    let only = bins.len() == 1;
    let sketch = |bin: &String| {
        let locked = if source.has("Cargo.lock") { " --locked" } else { "" };
        let build = format!(
            "{}cargo build --release{locked} --target {} \\\n  --manifest-path {} --target-dir {}\n",
            target.flags,
            target.name,
            word(&source.path("Cargo.toml")),
            word(&source.path("target")),
        );
        Draft {
            name: if only { told.name.clone() } else { name_of(bin) },
            found: source.path("Cargo.toml"),
            runtime: runtimes::newest(Family::Custom).id,
            prepare: Some(build),
            path: source.path(&format!("target/{}/release/{bin}", target.name)),
            base: Some("embedded"),
            notes: target.note.iter().cloned().collect(),
            ..Draft::default()
        }
    };
    bins.iter().map(sketch).collect()
}

/// What makes a program without shared libraries: it runs on any base.
struct Target {
    name: String,
    flags: &'static str,
    note: Option<String>,
}

impl Target {
    /// musl where its library is installed; else glibc's static one where this is the machine for it.
    fn of(arch: Arch) -> Self {
        let cpu = if arch == Arch::Arm64 { "aarch64" } else { "x86_64" };
        let musl = format!("{cpu}-unknown-linux-musl");
        let installed = || {
            let asked = Command::new("rustc")
                .args(["--print", "target-libdir", "--target", &musl])
                .stderr(Stdio::null())
                .output();
            asked.is_ok_and(|said| Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir())
        };
        let here = cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))
            && std::env::consts::ARCH == cpu;
        if installed() {
            return Self { name: musl, flags: "", note: None };
        }
        if here {
            let flags = "RUSTFLAGS='-C target-feature=+crt-static' ";
            return Self { name: format!("{cpu}-unknown-linux-gnu"), flags, note: None };
        }
        let note = format!("`rustup target add {musl}` installs the target");
        Self { name: musl, flags: "", note: Some(note) }
    }
}
