//! Turns settings into options, with clap's definitions of the options and with its parser.
//!
//! The options of `build` are defined once, as the fields of [`Build`], and those of `deploy` that a file can set as the
//! fields of [`DeployTarget`]. clap turns them into the command line and its
//! help. This file turns the same definitions into everything else that can set them: the keys of `lambda-img.toml`,
//! the `LAMBDA_IMG_…` variables, the rows of `lambda-img config` and the JSON Schema. A new field of [`Build`] is a
//! key, a variable, a row and a property of the schema without another line of code.
//!
//! # Guarantees
//!
//! - A key accepts and refuses the same values as its option, with the same messages.
//! - Options that conflict on a command line also conflict in a table of the file. A value of a stronger layer
//!   (defaults < function < profile < environment < command line) removes conflicting values of weaker layers.
//! - Every value has its origin, in a table of pairs each pair, because `config` prints it.
//! - The whole file is checked: a value that no function of this command uses is an error too, with its line.
//!
//! # How
//!
//! ```text
//! clap::Arg ── kind, path, default ──→ Key          what a TOML value must look like, and where a path is in it
//! clap::Arg + word ── refusal ──→ why not           one value, checked where it is read, with line or variable
//! Key + words ── typed ──→ ["--env=A=1", …]         the merged values of one function, as a command line
//! words ── parse ──→ Build                          the same parser that reads the command line
//! ```
//!
//! **The kind of a value** depends on the action of the option ([`ArgAction`]: a flag, a count, or repeatable) and on
//! the type of its values (the [`TypeId`] of its parser). A repeatable option of pairs is a table of strings in TOML.
//! An option with a [`PathBuf`] has a path relative to the file. A new option of a known type needs no code here.
//!
//! **One value** is checked with a command line that has only this option, because clap runs its value parsers only
//! while it parses arguments (`ValueParser::parse_ref` is private to clap).
//!
//! **All values** of a function are parsed at the end, as the words of a command line.
//!
//! # Why not serde
//!
//! The alternative is a second struct with a field for each option, derived by serde, with code to merge every field
//! and to convert it into [`Build`]. It would repeat each option, value parser, conflict and default, and store an
//! origin for every field. Its errors would differ from those of the command line. It would be longer, and the two
//! structs could diverge.

use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::iter;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Args, Command, FromArgMatches};
use lambda_img::build::Add;
use lambda_img::publish::Output;
use lambda_img::source::ImageRef;

use super::kinds::{PathPart, ValueKind};
use crate::cli::options::build::Build;
use crate::cli::options::deployment::DeployTarget;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::options::step::DeclaredStep;
use crate::cli::options::values::Words;
use crate::cli::show::usage_error;

/// The options of `build`, and those of `deploy` that are settings, as a command line without a program's name.
pub fn command() -> Command {
    DeployTarget::augment_args(Build::augment_args(Command::new("build").no_binary_name(true)))
}

/// The options that words of a command line set, with the defaults of all others.
///
/// # Errors
/// What clap has against them, on one line.
pub fn parse(command: &Command, words: Vec<OsString>) -> Result<Build, String> {
    let parsed = command.clone().try_get_matches_from(words);
    let build = parsed.and_then(|matches| Build::from_arg_matches(&matches));
    build.map_err(|error| usage_error::line(&error))
}

fn parses_into(arg: &Arg, types: &[TypeId]) -> bool {
    types.iter().any(|kind| ValueParser::type_id(arg.get_value_parser()) == *kind)
}

/// The form of an option's values.
pub fn kind(arg: &Arg) -> ValueKind {
    let choices =
        || arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect::<Vec<_>>();
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => ValueKind::Flag,
        ArgAction::Count => ValueKind::Count,
        ArgAction::Append if parses_into(arg, &[TypeId::of::<(String, String)>()]) => ValueKind::Pairs,
        ArgAction::Append if parses_into(arg, &[TypeId::of::<DeclaredStep>()]) => ValueKind::Steps,
        ArgAction::Append => ValueKind::List,
        _ if parses_into(arg, &[TypeId::of::<Words>(), TypeId::of::<PreBuild>()]) => ValueKind::Program,
        _ if parses_into(arg, &[TypeId::of::<NonZeroU64>(), TypeId::of::<NonZeroUsize>()]) => {
            ValueKind::Number(1)
        }
        _ if parses_into(arg, &[TypeId::of::<u32>()]) => ValueKind::Number(0),
        _ => ValueKind::Text(choices()),
    }
}

/// Where in an option's value a path of this machine is.
pub fn path_part(arg: &Arg) -> PathPart {
    if parses_into(arg, &[TypeId::of::<PathBuf>()]) {
        PathPart::Whole
    } else if parses_into(arg, &[TypeId::of::<ImageRef>(), TypeId::of::<Output>()]) {
        PathPart::Image
    } else if parses_into(arg, &[TypeId::of::<Add>()]) {
        PathPart::Source
    } else {
        PathPart::None
    }
}

/// What clap takes where nothing is said.
pub fn default(arg: &Arg) -> Vec<String> {
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count => Vec::new(),
        _ => arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect(),
    }
}

/// Why an option refuses a value, if it does. The option is alone, so the options that it requires are missing.
pub fn refusal(arg: &Arg, value: &str) -> Option<String> {
    let alone = Arg::new("value")
        .long("value")
        .value_parser(arg.get_value_parser().clone())
        .value_delimiter(arg.get_value_delimiter());
    let command = Command::new("x").no_binary_name(true).arg(alone);
    let error = command.try_get_matches_from([format!("--value={value}")]).err()?;
    let choices = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(choices)) if !choices.is_empty() => Some(choices.join(", ")),
        _ => None,
    };
    let source = std::error::Error::source(&error).map(ToString::to_string);
    // Most say themselves what they are about.
    let quoted = format!("`{value}`");
    Some(match (choices, source) {
        (Some(choices), _) => format!("{quoted} is not one of {choices}"),
        (None, Some(why)) if why.contains(&quoted) => why,
        (None, Some(why)) => format!("{quoted} {why}"),
        (None, None) => format!("{quoted} is empty or malformed"),
    })
}

/// The words of a command line that set an option to `values`, the texts that it takes one by one: `true` for a flag,
/// a number for what counts.
pub fn typed<'v>(arg: &Arg, values: impl Iterator<Item = &'v OsStr>) -> Vec<OsString> {
    let option = OsString::from(format!("--{}", arg.get_long().unwrap_or_default()));
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => {
            values.filter(|value| *value != "false").map(|_| option.clone()).collect()
        }
        ArgAction::Count => {
            let count = values.last().and_then(|value| value.to_str()?.parse().ok()).unwrap_or_default();
            iter::repeat_n(option, count).collect()
        }
        _ => values
            .map(|value| {
                let mut word = option.clone();
                word.push("=");
                word.push(value);
                word
            })
            .collect(),
    }
}
