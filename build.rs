//! Embeds every file of `base-manifests/`, so that a new runtime is one new file and no new line of code, and tells
//! the program what it is compiled for.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

const FOLDER: &str = "base-manifests";

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
    Ok(())
}
