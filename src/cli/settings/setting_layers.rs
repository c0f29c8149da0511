//! The layers of settings that all functions of one command line share.

use clap::ArgMatches;

use super::environment::{PROFILE, command_line, environment};
use super::file::{FILE_NAME, File};
use super::keys::Keys;
use super::nearest::Settings;
use super::precedence::Values;
use super::text::nearest;
use crate::cli::options::environment::variable;
use crate::cli::show::error::CliError;

/// Everything that sets values, but for the function itself.
pub struct SettingLayers<'a> {
    /// What can be set.
    pub keys: &'a Keys,
    /// The file.
    pub file: Option<&'a File>,
    profile: Option<&'a Values>,
    environment: Values,
    command_line: Values,
}

impl<'a> SettingLayers<'a> {
    /// Of a command line.
    pub fn new(given: &ArgMatches, settings: &'a Settings) -> Result<Self, CliError> {
        Ok(Self {
            keys: &settings.keys,
            file: settings.file.as_ref(),
            profile: profile(given, settings)?,
            environment: environment(&settings.keys)?,
            command_line: command_line(given, &settings.keys),
        })
    }

    /// Defaults < function < profile < environment < command line.
    pub fn merged(&self, function: Option<&Values>) -> Values {
        let mut values = self.file.map(|file| file.defaults.clone()).unwrap_or_default();
        let above = [function, self.profile, Some(&self.environment), Some(&self.command_line)];
        above.into_iter().flatten().for_each(|above| values.cover(above, self.keys));
        values
    }
}

/// The profile that is chosen.
fn profile<'s>(given: &ArgMatches, settings: &'s Settings) -> Result<Option<&'s Values>, CliError> {
    let asked = match given.get_one::<String>("profile") {
        Some(name) => Some((name.clone(), "`--profile`")),
        None => variable(PROFILE).map(|name| (name.to_string_lossy().into_owned(), PROFILE)),
    };
    let Some((name, by)) = asked else { return Ok(None) };
    let error = |file: &str| format!("profile `{name}`, which {by} names, is not in {file}");
    let Some(file) = &settings.file else {
        let hint = format!("there is no {FILE_NAME} here or above: `lambda-img init` writes one");
        return Err(CliError::usage(&error(FILE_NAME), &hint));
    };
    match file.profiles.get(&name) {
        Some(values) => Ok(Some(values)),
        None => {
            let known: Vec<_> = file.profiles.keys().map(String::as_str).collect();
            let hint = match nearest(&name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("add `[profiles.{name}]` to it"),
                None => format!("it has {}", known.join(", ")),
            };
            Err(CliError::usage(&error(&format!("`{}`", file.name)), &hint))
        }
    }
}
