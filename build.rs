//! Embeds every file of `base-manifests/`, so that a new runtime is one new file and no new line of code,
//! numbers the code that judges images, so that what other code judged is judged anew, and tells the program what it
//! is compiled for.

use std::error::Error;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

const FOLDER: &str = "base-manifests";

/// What a finding depends on besides the image.
const JUDGES: [&str; 6] = ["src/check", "src/family", "src/image", "src/runtime", "src/survey", FOLDER];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET")?;
    println!("cargo::rustc-env=LAMBDA_IMG_TARGET={target}");
    let mut ids = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let name = entry?.file_name().into_string().map_err(|name| format!("{FOLDER}: name {name:?}"))?;
        if let Some(id) = name.strip_suffix(".toml") {
            ids.push(id.to_owned());
        }
    }
    // The order of a directory is the file system's; the binary's bytes are not to follow it.
    ids.sort();

    let mut table = String::from("[\n");
    for id in ids {
        // The path is left to the compiler, so that the generated file names no folder of this machine.
        let path = format!("/{FOLDER}/{id}.toml");
        writeln!(table, "    ({id:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),")?;
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("base_manifests.rs"), table)?;

    let mut hasher = DefaultHasher::new();
    for folder in JUDGES {
        println!("cargo::rerun-if-changed={folder}");
        hash(Path::new(folder), &mut hasher)?;
    }
    println!("cargo::rustc-env=LAMBDA_IMG_JUDGES={:016x}", hasher.finish());
    Ok(())
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> Result<(), Box<dyn Error>> {
    if !path.is_dir() {
        path.hash(hasher);
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut below =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    below.sort();
    below.iter().try_for_each(|path| hash(path, hasher))
}
