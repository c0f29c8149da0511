//! `Metadata` of a function of AWS SAM: how it is built.

use super::document::Template;
use super::node::{Node, Value};
use crate::cli::init::draft::Bundle;
use crate::cli::init::told::Told;

/// Settings of SAM's `BuildProperties` for esbuild, with its option.
const ONE: [(&str, &str); 4] = [
    ("Target", "--target"),
    ("Format", "--format"),
    ("MainFields", "--main-fields"),
    ("Packages", "--packages"),
];
const MANY: [(&str, &str); 6] = [
    ("External", "--external"),
    ("Loader", "--loader"),
    ("OutExtension", "--out-extension"),
    ("Define", "--define"),
    ("Banner", "--banner"),
    ("Footer", "--footer"),
];
const YES_OR_NO: [(&str, &str); 4] = [
    ("Minify", "--minify"),
    ("Sourcemap", "--sourcemap"),
    ("KeepNames", "--keep-names"),
    ("TreeShaking", "--tree-shaking"),
];

/// Adds how a function is built; returns its bundle, where esbuild makes it.
pub fn add(template: &Template<'_>, id: &str, resource: &Node, told: &mut Told) -> Option<Bundle> {
    let metadata = template.scope.resolve(resource.get("Metadata"));
    let properties = metadata.get("BuildProperties");
    match metadata.get("BuildMethod").text()? {
        "makefile" => {
            told.make = Some(format!("build-{id}"));
            None
        }
        "esbuild" => Some(bundle(properties, told)),
        "rust-cargolambda" => {
            told.binary = properties.get("Binary").plain();
            None
        }
        _ => None,
    }
}

/// SAM's settings of esbuild, with SAM's defaults.
fn bundle(properties: &Node, told: &mut Told) -> Bundle {
    let mut options = Vec::new();
    // SAM minifies unless it is told not to.
    if properties.get("Minify").is_null() {
        options.push("--minify".to_owned());
    }
    let mut entries = Vec::new();
    for (name, value) in properties.map() {
        let known = |table: &[(&str, &'static str)]| {
            table.iter().find(|(known, _)| known == name).map(|(_, option)| *option)
        };
        if name == "EntryPoints" {
            entries.extend(value.list().iter().filter_map(Node::plain));
        } else if let Some(option) = known(&ONE) {
            let texts: Vec<_> = value.list().iter().filter_map(Node::plain).collect();
            let text = value.plain().unwrap_or_else(|| texts.join(","));
            options.push(format!("{option}={text}"));
        } else if let Some(option) = known(&MANY) {
            options.extend(many(option, value));
        } else if let Some(option) = known(&YES_OR_NO) {
            match value.value {
                Value::Bool(true) => options.push(option.to_owned()),
                Value::Bool(false) | Value::Null => {}
                _ => options.extend(value.plain().map(|text| format!("{option}={text}"))),
            }
        } else if name == "SourcesContent" {
            options.extend(value.plain().map(|text| format!("--sources-content={text}")));
        } else {
            told.notes.push(format!("esbuild's setting `{name}` is not known: add it to the step"));
        }
    }
    if let [_, _, ..] = entries[..] {
        told.notes.push(format!(
            "the template bundles several files, `{}`: the step bundles the first alone",
            entries.join("`, `")
        ));
    }
    Bundle { entry: entries.into_iter().next().unwrap_or_default(), options }
}

/// An option of esbuild that is given once for each value: `--external:x`, `--loader:.png=dataurl`.
pub fn many(option: &str, value: &Node) -> Vec<String> {
    let pairs =
        value.map().iter().filter_map(|(key, value)| Some(format!("{option}:{key}={}", value.plain()?)));
    let texts = value.list().iter().filter_map(Node::plain).map(|text| format!("{option}:{text}"));
    pairs.chain(texts).chain(value.plain().map(|text| format!("{option}:{text}"))).collect()
}
