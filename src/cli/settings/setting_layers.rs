//! The layers of settings that all functions of one command line share.

use clap::ArgMatches;

use super::environment::{PROFILE, command_line, environment};
use super::file::File;
use super::keys::Keys;
use super::nearest::Settings;
use super::precedence::Values;
use super::text::nearest;
use crate::cli::options::environment::variable;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

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
    // A command that has functions' images and builds none has no such option.
    let asked = match given.try_get_one::<String>("profile").ok().flatten() {
        Some(name) => Some((name.clone(), "`--profile`")),
        None => variable(PROFILE).map(|name| (name.to_string_lossy().into_owned(), PROFILE)),
    };
    let Some((name, by)) = asked else { return Ok(None) };
    let Some(file) = &settings.file else { return Err(usage::settings::profile_without_file(&name, by)) };
    match file.profiles.get(&name) {
        Some(values) => Ok(Some(values)),
        None => {
            let known: Vec<_> = file.profiles.keys().map(String::as_str).collect();
            let near = nearest(&name, &known);
            Err(usage::settings::unknown_profile(&name, by, &file.name, near, &known.join(", ")))
        }
    }
}
