//! Prints and writes the results of a fleet, as each function ended.

use lambda_img::build::Built;
use lambda_img::publish::registry::Stopped;
use lambda_img::registry_cache::Exchanged;

use super::ci_outputs::CiOutputs;
use super::destination::Destination;
use crate::cli::show::error::CliError;
use crate::cli::show::exit_code::INTERRUPTED;
use crate::cli::show::json::build::{Failure, Functions};
use crate::cli::show::json::values::Version;
use crate::cli::show::{json, pushed, stdout, ui};

/// What became of a function; nothing, where it was not begun.
pub type Ended = Option<Result<Built, CliError>>;

/// The functions that are built, each with its name.
fn built(ended: &[(String, Ended)]) -> impl Iterator<Item = (&str, &Built)> {
    ended.iter().filter_map(|(name, ended)| Some((name.as_str(), ended.as_ref()?.as_ref().ok()?)))
}

/// Prints and writes the data.
pub fn write(
    ended: &[(String, Ended)],
    as_json: bool,
    destination: Destination,
    exchanged: Option<Exchanged>,
    ci: &CiOutputs<'_>,
) -> Result<(), CliError> {
    let functions = ended.iter().map(|(name, ended)| function(name, ended.as_ref())).collect();
    let object = json::build::Build::Functions(Functions {
        version: Version,
        functions,
        registry_cache: exchanged.map(Into::into),
    });
    let refs = ended.iter().map(|(_, ended)| match ended {
        Some(Ok(built)) => destination.refs(built),
        // What is published is printed in any case.
        Some(Err(error)) => stopped(error).map(|stopped| pushed::lines(&stopped.pushed)).unwrap_or_default(),
        None => String::new(),
    });
    let refs: String = refs.collect();
    let built: Vec<_> = built(ended).collect();
    let lines = match destination {
        Destination::Nowhere => {
            built.iter().map(|(name, built)| destination.lines(Some(name), built)).collect()
        }
        _ => refs.clone(),
    };
    if as_json { stdout::print_json(&object) } else { stdout::print(&lines) }?;
    ci.write(destination, &built, &refs, &object)
}

/// What the object has of one function.
fn function<'a>(name: &'a str, ended: Option<&'a Result<Built, CliError>>) -> json::build::Function<'a> {
    match ended {
        Some(Ok(built)) => {
            json::build::Function::Built { name, built: json::build::Built::from(built).among_others() }
        }
        Some(Err(error)) => {
            let failure = Failure { error: error.to_string(), exit_code: error.code() };
            match stopped(error) {
                Some(stopped) => json::build::Function::Stopped { name, failure, reached: stopped.into() },
                None => json::build::Function::Failed { name, failure },
            }
        }
        None => json::build::Function::NotBegun { name },
    }
}

/// Prints what went wrong, and ends as the worst did.
pub fn summary<T>(
    ended: &[(String, Option<Result<T, CliError>>)],
    interrupted: bool,
) -> Result<(), CliError> {
    let (mut failed, mut left, mut codes) = (Vec::new(), 0, Vec::new());
    // Many functions meet one fault of a registry, which is told once.
    let mut messages: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, ended) in ended {
        match ended {
            Some(Ok(_)) => {}
            // The user knows.
            Some(Err(error)) if error.code() == INTERRUPTED => left += 1,
            Some(Err(error)) => {
                let message =
                    stopped(error).map(pushed::published_lines).unwrap_or_default() + &error.render();
                match messages.iter_mut().find(|(other, _)| *other == message) {
                    Some((_, names)) => names.push(name),
                    None => messages.push((message, vec![name])),
                }
                failed.push(name.clone());
                codes.push(error.code());
            }
            None => left += 1,
        }
    }
    messages
        .into_iter()
        .for_each(|(message, names)| status_block!("{}:\n{message}", ui::clean(&names.join(", "))));
    if failed.is_empty() && left == 0 {
        return Ok(());
    }
    let worst = codes.into_iter().max_by_key(|code| rank(*code)).unwrap_or(INTERRUPTED);
    let code = if interrupted { INTERRUPTED } else { worst };
    Err(CliError::Fleet { failed, left, of: ended.len(), code, interrupted: code == INTERRUPTED })
}

/// The push that it ended in.
fn stopped(error: &CliError) -> Option<&Stopped> {
    match error {
        CliError::Build(error) => pushed::partly(error),
        _ => None,
    }
}

/// How bad an exit code is: what was denied is fit to be built.
fn rank(code: u8) -> usize {
    [0, 3, 1, 2, 70].iter().position(|other| *other == code).unwrap_or(usize::MAX)
}
