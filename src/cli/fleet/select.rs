//! Chooses the functions that `build` makes: those named, all of the file, or those that git says have changed.

use std::collections::BTreeMap;

use clap::ArgMatches;

use crate::cli::options::build::Build;
use crate::cli::options::fleet::Fleet;
use crate::cli::settings::{Function, Settings, select};
use crate::cli::show::error::CliError;

/// A function with everything that is known of it before it is built.
pub struct Chosen {
    /// What it is called: its name in the file, else its path.
    pub name: String,
    /// Its settings.
    pub function: Function,
    /// The options of its build.
    pub build: Build,
}

impl Chosen {
    /// Completes the options of a function.
    pub fn of(function: Function, settings: &Settings) -> Result<Self, CliError> {
        let build = function.options(settings)?.settled()?;
        let name = function.name.clone().unwrap_or_else(|| build.path.display().to_string());
        Ok(Self { name, function, build })
    }
}

/// The functions that are meant.
pub struct Selection {
    /// In the order of the command line, or of the file.
    pub functions: Vec<Function>,
    /// Whether it is one function, named by itself: then it is built alone, and printed as one.
    pub alone: bool,
}

/// The functions that a command line means.
pub fn selection(given: &ArgMatches, fleet: &Fleet, settings: &Settings) -> Result<Selection, CliError> {
    if fleet.all || fleet.changed_since.is_some() {
        return Ok(Selection { functions: select::all(given, settings)?, alone: false });
    }
    let functions = select::chosen(given, settings)?;
    let alone = functions.len() == 1;
    Ok(Selection { functions, alone })
}

/// The functions in the order of their names, each once.
pub fn by_name(functions: Vec<Function>, settings: &Settings) -> Result<Vec<Chosen>, CliError> {
    let chosen = functions.into_iter().map(|function| Chosen::of(function, settings));
    let named = chosen.map(|one| one.map(|one| (one.name.clone(), one)));
    Ok(named.collect::<Result<BTreeMap<_, _>, _>>()?.into_values().collect())
}
