//! Values of `lambda-img.toml`, by line.

use std::fmt::{self, Display};

use super::usage;
use crate::cli::show::error::CliError;

/// A line of the file.
pub struct At<'a> {
    /// The file, as the user would name it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: usize,
}

impl Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, line {}", self.file, self.line)
    }
}

/// The file is not text.
pub fn not_text(file: &str) -> CliError {
    usage(format!("`{file}` is not UTF-8"), "save the file as UTF-8, which TOML requires")
}

/// The file is not TOML.
pub fn not_toml(at: &At<'_>, error: &str) -> CliError {
    usage(format!("{at}: {error}"), "correct the file, which must be TOML: https://toml.io")
}

/// A table has a key that it cannot have.
pub fn unknown_key(at: &At<'_>, table: &str, key: &str, near: Option<&str>, known: &str) -> CliError {
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys are {known}"),
    };
    usage(format!("{at}: {table} has no key `{key}`"), hint)
}

/// A value has the wrong type.
pub fn wrong_type(at: &At<'_>, field: &str, found: &str, wanted: &str, example: &str) -> CliError {
    usage(format!("{at}: `{field}` is {found}, but must be {wanted}"), format!("write {example}"))
}

/// Two keys of one table exclude each other.
pub fn conflict(at: &At<'_>, key: &str, other: &str, line: usize) -> CliError {
    usage(format!("{at}: `{key}` conflicts with `{other}` on line {line}"), "remove one of them")
}

/// An option does not take the value.
pub fn refused(at: &At<'_>, field: &str, why: &str, key: &str, option: &str) -> CliError {
    usage(
        format!("{at}: `{field}`: {why}"),
        format!("`{key}` sets the option `{option}`: `lambda-img build --help` explains it"),
    )
}

/// A setting is above the first table.
pub fn outside_of_tables(at: &At<'_>, key: &str) -> CliError {
    usage(format!("{at}: `{key}` is not in a table"), "write it below `[defaults]` or `[functions.NAME]`")
}

/// The name of a function or a profile becomes part of tags.
pub fn bad_name(at: &At<'_>, name: &str, section: &str) -> CliError {
    usage(
        format!("{at}: `{name}` is not a valid name in `[{section}]`"),
        "a name has 1 to 128 letters, digits, `_`, `-` and `.`, and does not begin with `.` or `-`",
    )
}

/// The name of a table in `[registries]` is not a registry.
pub fn bad_registry(at: &At<'_>, host: &str, why: &str) -> CliError {
    usage(format!("{at}: `{host}` {why}"), "write it as in [registries.\"registry.example:5000\"]")
}

/// A setting of a registry has a value that it does not take. The hint is what the key means.
pub fn bad_registry_value(at: &At<'_>, field: &str, why: &str, about: &str) -> CliError {
    usage(format!("{at}: `{field}`: {why}"), about)
}

/// A step needs a command and its inputs.
pub fn step_lacks(at: &At<'_>, field: &str, key: &str) -> CliError {
    let hint = match key {
        "run" => "`run` is the command that makes the files of the step",
        _ => {
            "`inputs` lists the files that the command reads, as in `inputs = [\"requirements.txt\"]`; write `[]` if it \
             reads no files"
        }
    };
    usage(format!("{at}: `[[{field}]]` has no key `{key}`"), hint)
}
