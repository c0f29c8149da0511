//! `lambda-img config`: what a build would do, and who said so.

use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::cli::options::build::{ImageOptions, OutputOptions};
use crate::cli::settings::keys::Keys;
use crate::cli::settings::{Function, Key, Origin, Settings, ValueKind, schema, select};
use crate::cli::show::error::CliError;
use crate::cli::show::{stdout, ui};

/// The options of `build`; `--json` is how to print, and no setting.
#[derive(clap::Args)]
#[command(mut_arg("json", |arg| arg.help("Print one JSON object (docs/schemas/config.json)")))]
pub struct Config {
    /// The functions: their names in lambda-img.toml, or their paths [default: the only one of lambda-img.toml, else
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
        let functions: Vec<_> = functions.iter().map(|function| to_json(function, keys)).collect();
        let registries = registries(&settings);
        let file = settings.file_name();
        stdout::print_json(
            &json!({ "version": 1, "file": file, "functions": functions, "registries": registries }),
        )?;
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

/// Version 1 of the object of one function: every key, set or not.
fn to_json(function: &Function, keys: &Keys) -> Value {
    let settings = keys.iter().filter(|key| key.name != "json").map(|key| {
        let value = function.values.get(&key.name);
        let words = value.iter().flat_map(|value| &value.words);
        let origins: Vec<_> = words.clone().map(|(_, origin)| from(origin)).collect();
        let words: Vec<_> = words.clone().map(|(word, _)| word.to_string_lossy().into_owned()).collect();
        let one = json!({
            "value": value.map(|_| typed(key, &words)),
            "origin": from(value.map_or(&Origin::Default, |value| &value.origin)),
            "origins": origins,
        });
        (key.name.clone(), one)
    });
    json!({ "name": function.name, "settings": settings.collect::<Map<_, _>>() })
}

fn from(origin: &Origin) -> Value {
    match origin {
        Origin::Default => json!({ "layer": "default" }),
        Origin::File { file, line, section } => {
            json!({ "layer": "file", "file": file, "line": line, "section": section })
        }
        Origin::Variable(name) => json!({ "layer": "environment", "variable": name }),
        Origin::CommandLine => json!({ "layer": "command line" }),
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

fn registries(settings: &Settings) -> Value {
    let mut hosts: Map<String, Value> = Map::new();
    for (host, key, value, origin) in settings.registries() {
        let one = json!({ "value": value, "origin": from(origin) });
        hosts.entry(host).or_insert_with(|| json!({}))[key] = one;
    }
    hosts.into()
}
