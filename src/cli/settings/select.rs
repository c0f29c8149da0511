//! Turns the words of a command line into functions: a name of lambda-img.toml, or a path.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::ArgMatches;

use super::document::{nearest, some};
use super::file::FILE_NAME;
use super::function::Function;
use super::nearest::Settings;
use super::setting_layers::SettingLayers;
use crate::cli::show::error::CliError;

/// The functions that a command line means, in its order. Without an argument the file's only one, or,
/// where it has none, the current directory.
pub fn chosen(given: &ArgMatches, settings: &Settings) -> Result<Vec<Function>, CliError> {
    let words = given.get_raw("path").into_iter().flatten().map(ToOwned::to_owned).collect();
    meant(words, given, settings)
}

/// The same for words of a command line that has some of the options of `build`.
pub fn meant(
    words: Vec<OsString>,
    given: &ArgMatches,
    settings: &Settings,
) -> Result<Vec<Function>, CliError> {
    let layers = SettingLayers::new(given, settings)?;
    if !words.is_empty() {
        return words.into_iter().map(|word| function(&layers, word)).collect();
    }
    let functions: Vec<_> = layers.file.iter().flat_map(|file| &file.functions).collect();
    match functions[..] {
        [] => Ok(vec![Function::at(&layers, None)?]),
        [(name, values)] => Ok(vec![Function::named(&layers, name, values)?]),
        _ => {
            let names = some(functions.iter().map(|(name, _)| name.as_str()));
            let file = settings.file_name().unwrap_or(FILE_NAME);
            let error = format!("`{file}` has {} functions: {names}", functions.len());
            let hint = match given.try_contains_id("all") {
                Ok(_) => "name those to build, or build them `--all`",
                Err(_) => "name one of them",
            };
            Err(CliError::usage(&error, hint))
        }
    }
}

/// What a word of the command line means: a function of the file by its name, anything else by its
/// path.
fn function(layers: &SettingLayers<'_>, word: OsString) -> Result<Function, CliError> {
    let functions = layers.file.map(|file| &file.functions).filter(|functions| !functions.is_empty());
    let Some(functions) = functions else { return Function::at(layers, Some(word)) };
    match word.to_str().and_then(|name| functions.get_key_value(name)) {
        Some((name, values)) => Function::named(layers, name, values),
        None if looks_named(&word) => {
            let word = word.to_string_lossy();
            let known: Vec<_> = functions.keys().map(String::as_str).collect();
            let hint = match nearest(&word, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the functions are {}", some(known.iter().copied())),
            };
            let error = format!("`{word}` is neither a function of {FILE_NAME} nor a path");
            Err(CliError::usage(&error, &hint))
        }
        None => Function::at(layers, Some(word)),
    }
}

/// Whether a word that is not the name of a function was meant as one: no such file exists, and the word has no slash.
fn looks_named(word: &OsStr) -> bool {
    !Path::new(word).exists()
        && Path::new(word).components().count() == 1
        && !word.as_encoded_bytes().contains(&b'/')
}

/// Every function of the file, by name.
pub fn all(given: &ArgMatches, settings: &Settings) -> Result<Vec<Function>, CliError> {
    let layers = SettingLayers::new(given, settings)?;
    let functions: Vec<_> = layers.file.iter().flat_map(|file| &file.functions).collect();
    if functions.is_empty() {
        let file = settings.file_name().unwrap_or(FILE_NAME);
        let hint = "name them below `[functions.NAME]`; `lambda-img init` writes such a file";
        return Err(CliError::usage(&format!("there are no functions in `{file}`"), hint));
    }
    functions.into_iter().map(|(name, values)| Function::named(&layers, name, values)).collect()
}
