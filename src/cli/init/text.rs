//! Functions as a commented lambda-img.toml.

use std::fmt::Write;

use lambda_img::arch::Arch;

use super::draft::Draft;
use crate::cli::show::stdout::escaped;

/// The name of the schema's file, next to the settings.
pub const SCHEMA: &str = "lambda-img.schema.json";

/// The file.
pub fn settings(functions: &[Draft]) -> String {
    let mut out = format!(
        "#:schema ./{SCHEMA}\n\
         # How lambda-img builds the functions that are here: `lambda-img build{}`.\n\
         # Every option of `lambda-img build` is a key; `lambda-img config` tells what holds, and why.\n",
        if functions.len() == 1 { "" } else { " NAME" }
    );
    for function in functions {
        // Writing to a string does not fail.
        let _ = one(&mut out, function);
    }
    out += "\n# What else holds where it is asked for, as in `lambda-img build --profile prod`:\n\
            # [profiles.prod]\n\
            # tag = [\"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{name}:v1\"]\n\
            # push = true\n";
    out
}

fn one(out: &mut String, function: &Draft) -> std::fmt::Result {
    writeln!(out, "\n# from {}", function.found)?;
    for note in &function.notes {
        writeln!(out, "# TODO: {note}")?;
    }
    writeln!(out, "[functions.{}]", function.name)?;
    writeln!(out, "runtime = {}", quoted(&function.runtime))?;
    if !function.archs.is_empty() && function.archs != [Arch::default()] {
        writeln!(out, "arch = {}", list(function.archs.iter().map(|arch| arch.lambda())))?;
    }
    if let Some(base) = function.base {
        writeln!(out, "# enough for a program without shared libraries; leave it out for AWS's own image")?;
        writeln!(out, "base = {}", quoted(base))?;
    }
    if let Some(handler) = &function.handler {
        writeln!(out, "handler = {}", quoted(handler))?;
    }
    if let Some(prepare) = &function.prepare {
        writeln!(out, "# run here by `sh -e` before each build")?;
        match prepare.contains("'''") {
            true => writeln!(out, "pre-build = {}", quoted(prepare))?,
            false => writeln!(out, "pre-build = '''\n{prepare}'''")?,
        }
    }
    writeln!(out, "path = {}", quoted(&function.path))?;
    if !function.adds.is_empty() {
        writeln!(out, "add = {}", list(function.adds.iter().map(String::as_str)))?;
    }
    if !function.excludes.is_empty() {
        writeln!(out, "exclude = {}", list(function.excludes.iter().copied()))?;
    }
    Ok(())
}

/// A string: what JSON escapes, TOML does too, in the same way; and so what editors do not show.
fn quoted(text: &str) -> String {
    escaped(&serde_json::Value::from(text).to_string())
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}
