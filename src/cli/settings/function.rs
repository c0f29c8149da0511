//! `Function`: one function, its settings merged from all layers, and the complete options of its build.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lambda_img::source::ImageRef;

use super::document::some;
use super::nearest::Settings;
use super::precedence::{Origin, Value, Values};
use super::setting_layers::SettingLayers;
use crate::cli::options::build::Build;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::options::registries::Network;
use crate::cli::options::step;
use crate::cli::options::trust::{self, Decides};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// A function to build.
#[derive(Clone)]
pub struct Function {
    /// Its name in the file; none for a path.
    pub name: Option<String>,
    /// What makes it.
    pub pre_build: PreBuild,
    /// The directory in which that runs; empty for the current one.
    pub dir: PathBuf,
    /// What each key is set to, and where.
    pub values: Values,
    /// Whether it has no path of its own: it comes from its steps.
    from_steps: bool,
}

impl Function {
    /// A function of the file.
    pub fn named(layers: &SettingLayers<'_>, name: &str, function: &Values) -> Result<Self, CliError> {
        let mut values = layers.merged(Some(function));
        // Without a path, it comes from its steps, or is where the file is.
        let from_steps = values.get("path").is_none() && makes_task(&values);
        if values.get("path").is_none() && !from_steps {
            let dir = layers.file.map(|file| file.dir.clone()).filter(|dir| !dir.as_os_str().is_empty());
            let dir = dir.unwrap_or_else(|| ".".into());
            values.set_word(layers.keys, "path", dir.into(), Origin::Default);
        }
        if values.get("output").is_none() && !values.is_on("push") {
            let output = format!("oci:lambda-image:{name}");
            values.set_word(layers.keys, "output", output.into(), Origin::Default);
        }
        let mut function = Self::of(layers, Some(name.to_owned()), values)?;
        if from_steps {
            function.from_steps = true;
            function.values.remove("path");
        }
        Ok(function)
    }

    /// What is at a path of the command line, or, without one, at the path that is set. What makes the
    /// functions of the file does not make what the command line names.
    pub fn at(layers: &SettingLayers<'_>, path: Option<OsString>) -> Result<Self, CliError> {
        let mut values = layers.merged(None);
        if let Some(path) = path {
            values.set_word(layers.keys, "path", path, Origin::CommandLine);
            for key in ["pre-build", "step"] {
                if matches!(values.get(key), Some(Value { origin: Origin::File { .. }, .. })) {
                    values.remove(key);
                }
            }
        }
        Self::of(layers, None, values)
    }

    fn of(layers: &SettingLayers<'_>, name: Option<String>, mut values: Values) -> Result<Self, CliError> {
        for key in layers.keys.iter() {
            if key.has_name() {
                named_after(&mut values, &key.name, name.as_deref())?;
            }
            if values.get(&key.name).is_none() && !key.default.is_empty() {
                values.set(key, Value::new(key.default.iter().map(Into::into), Origin::Default));
            }
        }
        let pre_build = values.get("pre-build");
        let dir = match (pre_build.map(|value| &value.origin), layers.file) {
            (Some(Origin::File { .. }), Some(file)) => file.dir.clone(),
            _ => PathBuf::new(),
        };
        let pre_build = pre_build.and_then(|value| value.words.last()?.0.to_str()?.parse().ok());
        Ok(Self { name, pre_build: pre_build.unwrap_or(PreBuild::Nothing), dir, values, from_steps: false })
    }

    /// What it is called in messages: its name in the file, else its path.
    pub fn shown(&self) -> String {
        let path = || self.values.get("path").and_then(|value| value.words.last());
        self.name.clone().unwrap_or_else(|| {
            path().map_or_else(|| ".".into(), |(path, _)| path.to_string_lossy().into_owned())
        })
    }

    /// Where settings name the handler: what is typed or taken by default is not named there.
    pub fn handler_origin(&self) -> Option<String> {
        let origin = &self.values.get("handler")?.origin;
        let is_set = !matches!(origin, Origin::CommandLine | Origin::Default);
        is_set.then(|| origin.to_string())
    }

    /// Every option of its build.
    pub fn options(&self, settings: &Settings) -> Result<Build, CliError> {
        if self.values.get("runtime").is_none() {
            return Err(self.without_runtime(settings));
        }
        self.options_as_set(settings)
    }

    /// How its build reaches registries, whatever its runtime is.
    pub fn network(&self, settings: &Settings) -> Result<Network, CliError> {
        Ok(self.options_as_set(settings)?.output.net)
    }

    /// The options as they are set, perhaps without a runtime.
    fn options_as_set(&self, settings: &Settings) -> Result<Build, CliError> {
        let mut values = self.values.clone();
        // Where to push waits until somebody wants it.
        for key in ["tag", "create-repository", "attest", "sign-key"] {
            let typed = values.get(key).is_some_and(|value| value.origin == Origin::CommandLine);
            if !values.is_on("push") && !typed {
                values.remove(key);
            }
        }
        let build = settings.keys.parse(values.words(&settings.keys));
        let mut build = build.map_err(usage::settings::settings_refused)?;
        let net = &mut build.output.net;
        if let Some(Value { origin: Origin::File { .. }, .. }) = values.get("ca-cert") {
            net.reach.ca_certs.iter().try_for_each(|path| trust::check(path, Decides::Certificates))?;
        }
        // What a checkout brings along must not make credentials travel in clear.
        if let Some(Value { origin: Origin::File { .. }, .. }) = values.get("insecure-registry") {
            net.reach.anonymous = std::mem::take(&mut net.reach.insecure);
        }
        settings.file.iter().for_each(|file| file.registries.extend(net));
        build.name.clone_from(&self.name);
        if self.from_steps {
            build.path = PathBuf::new();
        }
        Ok(build)
    }
}

impl Function {
    /// Why it cannot be built: a wrong path, the path of a function that has a runtime, or no runtime at all.
    fn without_runtime(&self, settings: &Settings) -> CliError {
        let shown = self.shown();
        if self.name.is_none() {
            let path = self.values.get("path").and_then(|value| value.words.last());
            let path = path.map_or_else(|| Path::new("."), |(path, _)| Path::new(path));
            if !path.exists() {
                return usage::settings::no_path(&shown);
            }
            match settings.at(path)[..] {
                [] => {}
                [name] => return usage::settings::path_of_function(&shown, name),
                ref names => {
                    return usage::settings::path_of_functions(&shown, &some(names.iter().copied()));
                }
            }
        }
        usage::settings::no_runtime_for(&shown)
    }
}

impl Function {
    /// The base, where one is set.
    pub fn base(&self) -> Option<ImageRef> {
        self.values.get("base")?.words.last()?.0.to_str()?.parse().ok()
    }
}

/// Whether some step makes files of the function's own directory.
fn makes_task(values: &Values) -> bool {
    let steps = values.get("step").into_iter().flat_map(|value| &value.words);
    steps.into_iter().any(|(word, _)| word.to_str().is_some_and(step::is_in_task))
}

/// A word in braces that is not `{name}`: most likely one that was to be.
fn other_place(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(at, _)| {
        let end = at + text[at..].find('}')? + 1;
        let word = text[at..end].trim_matches(['{', '}']);
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        (is_word && word != "name").then_some(&text[at..end])
    })
}

/// Puts the function's name in the place of `{name}`.
fn named_after(values: &mut Values, key: &str, name: Option<&str>) -> Result<(), CliError> {
    // Nobody asks for the name of what is not pushed.
    let waits = key == "tag" && !values.is_on("push");
    let Some(value) = values.get_mut(key) else { return Ok(()) };
    for (word, origin) in &mut value.words {
        let Some(text) = word.to_str() else { continue };
        if let Some(other) = other_place(text) {
            return Err(usage::settings::unknown_placeholder(other, key, text, origin));
        }
        if !text.contains("{name}") {
            continue;
        }
        let Some(name) = name else {
            if waits {
                continue;
            }
            return Err(usage::settings::no_name(key, text, origin));
        };
        *word = text.replace("{name}", name).into();
    }
    Ok(())
}
