//! Functions as a commented lambda-img.toml.

use std::fmt::Write;

use lambda_img::arch::Arch;

use super::draft::{Draft, Step};
use crate::cli::show::stdout::escaped;

/// The name of the schema's file, next to the settings.
pub const SCHEMA: &str = "lambda-img.schema.json";

/// The file.
pub fn settings(functions: &[Draft]) -> String {
    let mut out = format!(
        "#:schema ./{SCHEMA}\n\
         # How lambda-img builds the functions that are here: `lambda-img build{}`.\n\
         # Every option of `lambda-img build` is a key; `lambda-img config` shows each value and its origin.\n\
         # A step runs when what it reads (`inputs`) has changed; {{out}} is the directory that it fills.\n",
        if functions.len() == 1 { "" } else { " NAME" }
    );
    for function in functions {
        // Writing to a string does not fail.
        let _ = one(&mut out, function);
    }
    out += "\n# Keys for one use of the file, as in `lambda-img build --profile prod`:\n\
            # [profiles.prod]\n\
            # tag = [\"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{name}:v1\"]\n\
            # push = true\n";
    out
}

fn one(out: &mut String, function: &Draft) -> std::fmt::Result {
    writeln!(out, "\n# from {}", escaped(&function.found))?;
    for remark in &function.remarks {
        writeln!(out, "# {}", comment(remark))?;
    }
    for note in &function.notes {
        writeln!(out, "# TODO: {}", comment(note))?;
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
    if !function.path.is_empty() {
        writeln!(out, "path = {}", quoted(&function.path))?;
    }
    if !function.lambda_layers.is_empty() {
        writeln!(out, "lambda-layer = {}", list(function.lambda_layers.iter().map(String::as_str)))?;
    }
    if !function.excludes.is_empty() {
        writeln!(out, "exclude = {}", list(function.excludes.iter().map(String::as_str)))?;
    }
    if !function.env.is_empty() {
        let pairs = function.env.iter().map(|(name, value)| format!("{} = {}", key(name), quoted(value)));
        writeln!(out, "env = {{ {} }}", pairs.collect::<Vec<_>>().join(", "))?;
    }
    for (_, why) in &function.allowed {
        writeln!(out, "# {why}")?;
    }
    if !function.allowed.is_empty() {
        writeln!(out, "allow = {}", list(function.allowed.iter().map(|(id, _)| *id)))?;
    }
    function.steps.iter().try_for_each(|step| one_step(out, &function.name, step))
}

fn one_step(out: &mut String, function: &str, step: &Step) -> std::fmt::Result {
    writeln!(out)?;
    for comment in &step.comments {
        writeln!(out, "# {comment}")?;
    }
    writeln!(out, "[[functions.{function}.step]]")?;
    writeln!(out, "name = {}", quoted(step.name))?;
    match (step.run.trim_end().contains('\n'), step.run.contains("'''")) {
        (_, true) => writeln!(out, "run = {}", quoted(&step.run))?,
        (true, _) => writeln!(out, "run = '''\n{}'''", step.run)?,
        (false, _) if step.run.contains(['"', '\\']) && !step.run.contains('\'') => {
            writeln!(out, "run = '{}'", step.run.trim_end())?;
        }
        _ => writeln!(out, "run = {}", quoted(step.run.trim_end()))?,
    }
    writeln!(out, "inputs = {}", list(step.inputs.iter().map(String::as_str)))?;
    if !step.to.is_empty() {
        writeln!(out, "to = {}", quoted(step.to))?;
    }
    if !step.env.is_empty() {
        writeln!(out, "env = {}", list(step.env.iter().map(String::as_str)))?;
    }
    if !step.versions.is_empty() {
        writeln!(out, "versions = {}", list(step.versions.iter().map(String::as_str)))?;
    }
    Ok(())
}

/// A string: what JSON escapes, TOML does too, in the same way; and so what editors do not show.
fn quoted(text: &str) -> String {
    escaped(&serde_json::Value::from(text).to_string())
}

/// A key, quoted where it must be.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A text that stays in its line.
fn comment(text: &str) -> String {
    escaped(&text.replace(['\n', '\r'], " "))
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}
