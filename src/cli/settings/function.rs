//! From what is given and set to the complete options of each function.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::environment::{PROFILE, command_line, environment, variable};
use super::file::File;
use super::keys::Keys;
use super::layers::{Origin, Value, Values};
use super::reading::nearest;
use super::{FILE_NAME, Settings};
use crate::cli::args::Build;
use crate::cli::failure::Failure;
use crate::cli::prepare::Prepare;

/// A function to build.
pub struct Function {
    /// Its name in the file; none for a path.
    pub name: Option<String>,
    /// What makes it, and the directory in which that runs.
    pub prepare: Prepare,
    /// See `prepare`; empty for the current one.
    pub dir: PathBuf,
    /// What each key is set to, and where.
    pub values: Values,
}

/// The functions that a command line means, in its order: those of the file by their names, anything
/// else by its path. Without an argument the file's only one, or, where it has none, the current directory.
pub fn chosen(given: &ArgMatches, settings: &Settings, keys: &Keys) -> Result<Vec<Function>, Failure> {
    let profile = profile(given, settings)?;
    let mut words: Vec<_> = given.get_raw("path").into_iter().flatten().map(ToOwned::to_owned).collect();
    let functions = settings.file.as_ref().map(|file| &file.functions);
    if words.is_empty()
        && let Some((file, functions)) = settings.file.as_ref().zip(functions)
    {
        let mut names = functions.keys();
        match (names.next(), names.len()) {
            (Some(only), 0) => words.push(only.into()),
            (Some(_), _) => {
                let all: Vec<_> = functions.keys().map(|name| format!("`{name}`")).collect();
                let error = format!("`{}` has {} functions: {}", file.name, all.len(), all.join(", "));
                return Err(Failure::usage(&error, "name one of them"));
            }
            _ => {}
        }
    }
    if words.is_empty() {
        return Ok(vec![function(None, None, given, settings, profile, keys)?]);
    }
    let one = |word: OsString| {
        let named = word.to_str().and_then(|word| functions?.get_key_value(word));
        match (named, functions) {
            (Some((name, values)), _) => function(Some((name, values)), None, given, settings, profile, keys),
            (None, Some(functions)) if !functions.is_empty() && looks_named(&word) => {
                let word = word.to_string_lossy();
                let known: Vec<_> = functions.keys().map(String::as_str).collect();
                let hint = match nearest(&word, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the functions are {}", known.join(", ")),
                };
                Err(Failure::usage(
                    &format!("`{word}` is neither a function of {FILE_NAME} nor a path"),
                    &hint,
                ))
            }
            _ => function(None, Some(word), given, settings, profile, keys),
        }
    };
    words.into_iter().map(one).collect()
}

/// Whether a word that is no function's name was meant as one: nothing is there, and nothing parts it.
fn looks_named(word: &OsStr) -> bool {
    !Path::new(word).exists()
        && Path::new(word).components().count() == 1
        && !word.as_encoded_bytes().contains(&b'/')
}

/// The only function. Several are not built yet.
pub fn only(functions: Vec<Function>) -> Result<Function, Failure> {
    let count = functions.len();
    let mut functions = functions.into_iter();
    match (functions.next(), functions.next()) {
        (Some(function), None) => Ok(function),
        _ => Err(Failure::usage(
            &format!("{count} functions are named, and one is built at a time"),
            "run `lambda-img build NAME` for each of them",
        )),
    }
}

/// The profile that is chosen.
fn profile<'s>(given: &ArgMatches, settings: &'s Settings) -> Result<Option<&'s Values>, Failure> {
    let asked = match given.get_one::<String>("profile") {
        Some(name) => Some((name.clone(), "`--profile`")),
        None => variable(PROFILE).map(|name| (name.to_string_lossy().into_owned(), PROFILE)),
    };
    let Some((name, by)) = asked else { return Ok(None) };
    let error = |file: &str| format!("profile `{name}`, which {by} names, is not in {file}");
    let Some(file) = &settings.file else {
        let hint = format!("there is no {FILE_NAME} here or above: `lambda-img init` writes one");
        return Err(Failure::usage(&error(FILE_NAME), &hint));
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
            Err(Failure::usage(&error(&format!("`{}`", file.name)), &hint))
        }
    }
}

/// Defaults < function < profile < environment < command line.
fn function(
    named: Option<(&String, &Values)>,
    path: Option<OsString>,
    given: &ArgMatches,
    settings: &Settings,
    profile: Option<&Values>,
    keys: &Keys,
) -> Result<Function, Failure> {
    let mut values = settings.file.as_ref().map(|file| file.defaults.clone()).unwrap_or_default();
    if let Some((_, function)) = named {
        values.cover(function.clone(), keys);
    }
    if let Some(profile) = profile {
        values.cover(profile.clone(), keys);
    }
    values.cover(environment(keys)?, keys);
    values.cover(command_line(given, keys), keys);
    let name = named.map(|(name, _)| name.clone());
    for key in keys.iter() {
        if key.names() {
            named_after(&mut values, &key.name, name.as_deref())?;
        }
        if let (None, false) = (values.get(&key.name), key.default.is_empty()) {
            values.set(key, Value::new(key.default.iter().map(Into::into), Origin::Default));
        }
    }
    let set = |values: &mut Values, key: &str, word: OsString, origin| {
        if let Some(key) = keys.get(key) {
            values.set(key, Value::new([word], origin));
        }
    };
    match path {
        // What makes the functions of the file does not make this.
        Some(path) => {
            set(&mut values, "path", path, Origin::CommandLine);
            if matches!(values.get("prepare"), Some(Value { origin: Origin::File { .. }, .. })) {
                values.remove("prepare");
            }
        }
        None if values.get("path").is_some_and(|value| value.origin == Origin::Default)
            && named.is_some() =>
        {
            let dir =
                settings.file.as_ref().map(|file| file.dir.clone()).filter(|dir| !dir.as_os_str().is_empty());
            set(&mut values, "path", dir.unwrap_or_else(|| ".".into()).into(), Origin::Default);
        }
        None => {}
    }
    if let (Some(name), None, false) = (&name, values.get("output"), values.is_on("push")) {
        set(&mut values, "output", format!("oci:lambda-image:{name}").into(), Origin::Default);
    }
    let prepare = values.get("prepare");
    let dir = match (prepare.map(|value| &value.origin), &settings.file) {
        (Some(Origin::File { .. }), Some(File { dir, .. })) => dir.clone(),
        _ => PathBuf::new(),
    };
    let prepare = prepare.and_then(|value| value.words.last()?.0.to_str()?.parse().ok());
    Ok(Function { name, prepare: prepare.unwrap_or(Prepare::Nothing), dir, values })
}

/// Puts the function's name in the place of `{name}`.
fn named_after(values: &mut Values, key: &str, name: Option<&str>) -> Result<(), Failure> {
    // Nobody asks for the name of what is not pushed.
    let waits = key == "tag" && !values.is_on("push");
    let Some(value) = values.get_mut(key) else { return Ok(()) };
    for (word, origin) in &mut value.words {
        let Some(text) = word.to_str().filter(|text| text.contains("{name}")) else { continue };
        let Some(name) = name else {
            if waits {
                continue;
            }
            let error = format!("`{key}` is `{text}` ({origin}), and what is built has no name");
            return Err(Failure::usage(
                &error,
                &format!("name a function of {FILE_NAME}, or give `--{key}`"),
            ));
        };
        *word = text.replace("{name}", name).into();
    }
    Ok(())
}

impl Function {
    /// Every option of its build.
    pub fn options(&self, settings: &Settings, keys: &Keys) -> Result<Build, Failure> {
        let mut values = self.values.clone();
        // Where to push waits until somebody wants it.
        for key in ["tag", "create-repository"] {
            let typed = values.get(key).is_some_and(|value| value.origin == Origin::CommandLine);
            if !values.is_on("push") && !typed {
                values.remove(key);
            }
        }
        if values.get("runtime").is_none() {
            let hint = format!(
                "name it with `--runtime ID`, or write `runtime = \"ID\"` into {FILE_NAME}, which `lambda-img init` \
                 makes; `lambda-img runtimes` lists them"
            );
            return Err(Failure::usage("no runtime is named", &hint));
        }
        let mut build = keys.parse(values.words(keys)).map_err(|error| {
            let text = error.render().to_string();
            let text = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Failure::usage(text, "`lambda-img config` tells where each value is from")
        })?;
        settings.file.iter().for_each(|file| file.registries.extend(&mut build.net));
        Ok(build)
    }
}
