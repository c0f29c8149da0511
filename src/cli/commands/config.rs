//! `lambda-img config`: shows the settings of functions, and where each value comes from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::Value;

use crate::cli::options::build::{ImageOptions, OutputOptions};
use crate::cli::options::old_names;
use crate::cli::settings::keys::Keys;
use crate::cli::settings::{Function, Key, Origin, Settings, ValueKind, schema, select};
use crate::cli::show::error::CliError;
use crate::cli::show::json::config as json;
use crate::cli::show::json::values::Version;
use crate::cli::show::{stdout, ui};

/// The options of `build`; `--json` is how to print, and no setting.
#[derive(clap::Args)]
#[group(skip)]
#[command(mut_arg("json", |arg| arg.help("Print one JSON object (docs/schemas/config.json)")))]
pub struct Config {
    /// Show these functions: names in lambda-img.toml, or paths [default: the only function of lambda-img.toml, otherwise
    /// the current directory]
    #[arg(id = "path", value_name = "NAME|PATH")]
    _path: Vec<PathBuf>,

    #[command(flatten)]
    _image: ImageOptions,

    #[command(flatten)]
    output: OutputOptions,

    /// Print the JSON Schema of lambda-img.toml
    #[arg(long, exclusive = true)]
    schema: bool,
}

/// Prints the schema, or what holds for the functions that are meant.
pub fn run(args: &Config, given: &ArgMatches) -> Result<(), CliError> {
    if args.schema {
        return stdout::print_exactly(&format!("{:#}\n", schema::schema(&Keys::default())));
    }
    let settings = Settings::find()?;
    let keys = &settings.keys;
    let functions = select::chosen(given, &settings)?;
    // What cannot be built is shown, too: that is what one looks for then.
    let complete = functions.iter().try_for_each(|function| function.options(&settings).map(|_| ()));
    if args.output.json {
        let all: Vec<_> = keys.iter().filter(|key| key.name != "json" && !key.is_hidden).collect();
        stdout::print_json(&json::Config {
            version: Version,
            file: settings.file_name(),
            functions: functions.iter().map(|function| object(function, &all)).collect(),
            registries: registries(&settings),
        })?;
    } else {
        stdout::print(&for_people(&functions, &settings, keys))?;
    }
    complete
}

fn for_people(functions: &[Function], settings: &Settings, keys: &Keys) -> String {
    let mut out = String::new();
    for function in functions {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &text(function, keys);
    }
    let rows: Vec<_> = settings
        .registries()
        .map(|(host, key, value, origin)| vec![format!("{host} {key}"), origin.to_string(), value.to_owned()])
        .collect();
    if !rows.is_empty() {
        out += &format!("\nregistries\n{}", indented(&rows));
    }
    out
}

/// What is set: where it is from stands before it, for a script has many lines, and long ones.
fn text(function: &Function, keys: &Keys) -> String {
    let mut rows = Vec::new();
    for key in keys.iter().filter(|key| key.name != "json") {
        let Some(value) = function.values.get(&key.name) else { continue };
        let mut name = key.name.clone();
        if value.words.is_empty() {
            rows.push(vec![std::mem::take(&mut name), value.origin.to_string(), "(none)".to_owned()]);
        }
        let mut last = String::new();
        for (word, origin) in &value.words {
            for line in word.to_string_lossy().trim().lines() {
                let origin = origin.to_string();
                let shown = if origin == last { String::new() } else { origin.clone() };
                last = origin;
                rows.push(vec![std::mem::take(&mut name), shown, line.to_owned()]);
            }
        }
    }
    let head = function.name.as_ref().map_or(String::new(), |name| format!("{name}\n"));
    head + &indented(&rows)
}

fn indented(rows: &[Vec<String>]) -> String {
    ui::table(rows, &[]).lines().map(|line| format!("  {line}\n")).collect()
}

/// Every key of one function, set or not.
fn object<'a>(function: &'a Function, keys: &[&'a Key]) -> json::Function<'a> {
    let setting = |key: &Key| {
        let value = function.values.get(&key.name);
        let words = value.iter().flat_map(|value| &value.words);
        let origins = words.clone().map(|(_, origin)| origin.into()).collect();
        let words: Vec<_> = words.map(|(word, _)| word.to_string_lossy().into_owned()).collect();
        json::Setting {
            value: value.map_or(Value::Null, |_| typed(key, &words)),
            origin: value.map_or(&Origin::Default, |value| &value.origin).into(),
            origins,
        }
    };
    // Keys keep the names that they had when the object was defined (version 1).
    let name = |key: &&'a Key| key.old_names.first().unwrap_or(&key.name).as_str();
    let mut settings: BTreeMap<_, _> = keys.iter().map(|key| (name(key), setting(key))).collect();
    // `single-layer` was `split`, which had a default: the object has both.
    let single = function.values.get(old_names::SINGLE_LAYER);
    let origin = single.map_or(&Origin::Default, |value| &value.origin);
    let value = if single.is_some_and(|value| value.is_on()) { "none" } else { "auto" }.into();
    let split = json::Setting { value, origin: origin.into(), origins: vec![origin.into()] };
    settings.insert(old_names::SPLIT, split);
    json::Function { name: function.name.as_deref(), settings }
}

impl<'a> From<&'a Origin> for json::Origin<'a> {
    fn from(origin: &'a Origin) -> Self {
        match origin {
            Origin::Default => Self::Default,
            Origin::File { file, line, section } => Self::File { file, line: *line, section },
            Origin::Variable(variable) => Self::Environment { variable },
            Origin::CommandLine => Self::CommandLine,
        }
    }
}

/// A value as the file would have it.
fn typed(key: &Key, words: &[String]) -> Value {
    let last = words.last().cloned().unwrap_or_default();
    match key.kind {
        ValueKind::Flag => (last == "true").into(),
        ValueKind::Count | ValueKind::Number(_) => last.parse::<u64>().map_or(Value::Null, Value::from),
        ValueKind::Text(_) => last.into(),
        ValueKind::Program => {
            serde_json::from_str(&last).ok().filter(Value::is_array).unwrap_or_else(|| last.into())
        }
        ValueKind::List => words.into(),
        ValueKind::Pairs => {
            let pair =
                |word: &String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.into()));
            Value::Object(words.iter().filter_map(pair).collect())
        }
    }
}

fn registries(settings: &Settings) -> BTreeMap<&str, BTreeMap<&str, json::Registry<'_>>> {
    let mut hosts = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (host, key, value, origin) in settings.registries() {
        hosts.entry(host).or_default().insert(key, json::Registry { value, origin: origin.into() });
    }
    hosts
}
