//! `--step`, and `[[…step]]` of lambda-img.toml: a command that makes a part of the function, and what it reads.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lambda_img::step::Step;
use serde::Deserialize;
use serde_json::Value;

/// Where files go where nothing is said.
const TO: &str = "/var/task";

/// The keys of a step, each with what its value must be, and what it is.
pub const KEYS: [(&str, Form, &str); 7] = [
    (
        "name",
        Form::Text,
        "What it is called in messages and for `--refresh` [default: `step 1`, `step 2`, …]",
    ),
    ("run", Form::Text, "The command, for `sh -ec`, which writes its files into `{out}`"),
    (
        "inputs",
        Form::List,
        "What it reads: files, directories and globs relative to lambda-img.toml; with `!` in front, what they leave out",
    ),
    ("to", Form::Text, "The directory of the image for its files [default: /var/task]"),
    (
        "env",
        Form::List,
        "Names of environment variables that reach it and count; a `*` at the end stands for the rest",
    ),
    ("versions", Form::List, "Commands whose output counts, as `uv --version`"),
    ("dir", Form::Text, "The directory in which it runs [default: that of lambda-img.toml]"),
];

/// What a value must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A string.
    Text,
    /// An array of strings, or a string for an array of one.
    List,
}

/// Variables that every command gets and that do not count: they tell where tools, their caches, and the network
/// are, not what is made. A `*` stands for the rest of a name.
pub const PASSED: [&str; 57] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "CI",
    "XDG_*",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "PIP_CACHE_DIR",
    "PYENV_ROOT",
    "UV_CACHE_DIR",
    "UV_PYTHON_INSTALL_DIR",
    "POETRY_HOME",
    "POETRY_CACHE_DIR",
    "npm_config_cache",
    "npm_config_cafile",
    "YARN_CACHE_FOLDER",
    "YARN_GLOBAL_FOLDER",
    "PNPM_HOME",
    "COREPACK_HOME",
    "NVM_DIR",
    "VOLTA_HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "GOPROXY",
    "JAVA_HOME",
    "M2_HOME",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "GRADLE_USER_HOME",
    "DOTNET_ROOT",
    "DOTNET_CLI_HOME",
    "NUGET_PACKAGES",
    "GEM_HOME",
    "GEM_PATH",
    "RBENV_ROOT",
    "ASDF_DATA_DIR",
];

/// A step as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredStep {
    name: Option<String>,
    run: String,
    inputs: OneOrMany,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    env: OneOrMany,
    #[serde(default)]
    versions: OneOrMany,
    #[serde(default)]
    dir: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

impl OneOrMany {
    fn list(&self) -> Vec<String> {
        match self {
            OneOrMany::One(one) => vec![one.clone()],
            OneOrMany::Many(many) => many.clone(),
        }
    }
}

impl FromStr for DeclaredStep {
    type Err = String;

    /// A JSON object.
    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let error = error.to_string();
            let why = error.split(" at line ").next().unwrap_or_default();
            format!("is not a JSON object of a step: {why}")
        })
    }
}

impl DeclaredStep {
    /// The step number `at` of the function of this name, with the environment as it is now.
    pub fn step(&self, at: usize, function: Option<&str>) -> Step {
        let names = self.env.list();
        let declared = env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            names.iter().any(|pattern| is_meant(pattern, &name)).then_some((name, value))
        });
        Step {
            name: self.name.clone().unwrap_or_else(|| format!("step {}", at + 1)),
            function: function.map(str::to_owned),
            dir: self.dir.clone(),
            run: self.run.clone(),
            inputs: self.inputs.list(),
            to: self.to.clone().unwrap_or_else(|| TO.to_owned()),
            env: declared.collect(),
            versions: self.versions.list(),
        }
    }
}

/// Whether a step, as a JSON object, writes into the function's own directory.
pub fn is_in_task(word: &str) -> bool {
    word.parse::<DeclaredStep>().is_ok_and(|declared| declared.step(0, None).is_in_task())
}

/// The object of a step as the file has it: its directory, which the file decides, is not there.
pub fn shown(word: &str) -> Value {
    let mut step: Value = serde_json::from_str(word).unwrap_or_default();
    if let Some(keys) = step.as_object_mut() {
        keys.remove("dir");
    }
    step
}

/// The variables that every command gets.
pub fn passed() -> BTreeMap<OsString, OsString> {
    let is_passed = |name: &OsString| {
        name.to_str().is_some_and(|name| PASSED.iter().any(|pattern| is_meant(pattern, name)))
    };
    env::vars_os().filter(|(name, _)| is_passed(name)).collect()
}

fn is_meant(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_objects() {
        let step: DeclaredStep = r#"{"run": "make", "inputs": "a", "dir": "d"}"#.parse().unwrap();
        let step = step.step(1, Some("f"));
        assert_eq!(
            (step.name.as_str(), step.to.as_str(), &step.inputs[..]),
            ("step 2", TO, &["a".to_owned()][..])
        );
        for wrong in ["make", "{}", r#"{"run": "x"}"#, r#"{"run": "x", "inputs": [], "more": 1}"#] {
            assert!(wrong.parse::<DeclaredStep>().is_err(), "{wrong}");
        }
        assert!(is_in_task(r#"{"run": "x", "inputs": []}"#));
        assert!(!is_in_task(r#"{"run": "x", "inputs": [], "to": "/opt"}"#));
    }

    #[test]
    fn names_of_variables_may_be_open() {
        assert!(is_meant("PIP_*", "PIP_INDEX_URL") && is_meant("A", "A"));
        assert!(!is_meant("A", "AB") && !is_meant("PIP_*", "PI"));
    }
}
