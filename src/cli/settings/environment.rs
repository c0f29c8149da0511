//! The layers of settings above the file: the variables `LAMBDA_IMG_…`, and the command line.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::keys::{Key, Keys};
use super::kinds::{PathPart, ValueKind};
use super::precedence::{Origin, Value, Values};
use crate::cli::options::environment::variable;
use crate::cli::options::registries::Network;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// The profile's name where the command line names none.
pub const PROFILE: &str = "LAMBDA_IMG_PROFILE";

/// What the environment sets: of what can be repeated one value a line.
pub fn environment(keys: &Keys) -> Result<Values, CliError> {
    let mut values = Values::default();
    for key in keys.iter().filter(|key| !key.is_argument()) {
        for name in key.variables() {
            let Some(text) = variable(&name) else { continue };
            let (key, value) = Values::current(keys, key, value_of(key, &name, text)?);
            match values.get(&key.name) {
                // A new name is read before the old ones, and counts.
                Some(there) if there.is_off(&key.kind) || value.is_off(&key.kind) => {}
                Some(Value { origin: Origin::Variable(other), .. }) => {
                    return Err(usage::settings::two_variables(other, &name, &key.option()));
                }
                _ => values.set(key, value),
            }
        }
    }
    Ok(values)
}

/// What a variable sets a key to.
fn value_of(key: &Key, name: &str, text: OsString) -> Result<Value, CliError> {
    let wrong = |why: &str| usage::settings::variable(name, why, &key.option());
    let origin = Origin::Variable(name.to_owned());
    let text = match text.into_string() {
        Ok(text) => text,
        // A path may be any bytes.
        Err(path) if key.path == PathPart::Whole && key.kind == ValueKind::Text(Vec::new()) => {
            return Ok(Value::new([path], origin));
        }
        Err(_) => return Err(wrong("is not UTF-8")),
    };
    let words = match key.kind {
        ValueKind::Flag => vec![match text.as_str() {
            "1" | "true" => "true".to_owned(),
            "0" | "false" => "false".to_owned(),
            _ => return Err(wrong(&format!("`{text}` is neither true nor false"))),
        }],
        ValueKind::Count if text.parse::<u8>().is_err() => {
            return Err(wrong(&format!("`{text}` is not a number")));
        }
        ValueKind::Count => vec![text],
        ValueKind::List | ValueKind::Pairs | ValueKind::Steps => {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
        _ => vec![text],
    };
    if !matches!(key.kind, ValueKind::Flag | ValueKind::Count)
        && let Some(why) = words.iter().find_map(|word| key.refusal(word))
    {
        return Err(wrong(&why));
    }
    Ok(Value::new(words.into_iter().map(Into::into), origin))
}

/// What of that is about reaching registries.
pub fn reaching(keys: &Keys) -> Result<Network, CliError> {
    let mut all = environment(keys)?;
    let mut values = Values::default();
    for key in ["registry-mirror", "insecure-registry", "ca-cert", "offline"] {
        if let Some((key, value)) = keys.get(key).zip(all.remove(key)) {
            values.set(key, value);
        }
    }
    let build = keys.parse(values.words(keys)).map_err(usage::settings::environment_refused)?;
    Ok(build.output.net)
}

/// What the command line sets, without the argument, which may name functions. It is that of `build`, or
/// of a command that has some of its options.
pub fn command_line(given: &ArgMatches, keys: &Keys) -> Values {
    let mut values = Values::default();
    for key in keys.iter().filter(|key| !key.is_argument()) {
        let known = given.try_contains_id(key.id()).unwrap_or_default();
        if !known || given.value_source(key.id()) != Some(ValueSource::CommandLine) {
            continue;
        }
        let words = match key.kind {
            ValueKind::Flag => vec!["true".into()],
            ValueKind::Count => vec![given.get_count(key.id()).to_string().into()],
            _ => given.get_raw(key.id()).into_iter().flatten().map(ToOwned::to_owned).collect(),
        };
        let (key, value) = Values::current(keys, key, Value::new(words, Origin::CommandLine));
        values.set(key, value);
    }
    values
}
