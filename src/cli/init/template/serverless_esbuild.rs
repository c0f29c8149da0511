//! Settings of the plugin serverless-esbuild, and of the Serverless Framework's own esbuild.

use super::metadata::many;
use super::node::{Node, Value};
use crate::cli::init::draft::Bundle;
use crate::cli::init::told::Told;

/// Settings of the plugin that are not esbuild's.
const OF_PLUGIN: [&str; 22] = [
    "bundle",
    "concurrency",
    "zipConcurrency",
    "disableIncremental",
    "exclude",
    "installExtraArgs",
    "installDeps",
    "keepOutputDirectory",
    "nativeZip",
    "outputBuildFolder",
    "outputWorkFolder",
    "outputFileExtension",
    "packagePath",
    "packager",
    "packagerOptions",
    "resolveExtensions",
    "skipBuild",
    "skipBuildExcludeFns",
    "skipRebuild",
    "stripEntryResolveExtensions",
    "watch",
    "platform",
];

/// The settings of serverless-esbuild, or of the framework's own esbuild.
pub fn bundle(settings: &Node, told: &mut Told) -> Bundle {
    let mut options = Vec::new();
    for (name, value) in settings.map() {
        match name.as_str() {
            "external" | "exclude" if value.text() != Some("*") => options.extend(many("--external", value)),
            "exclude" => options.push("--packages=external".to_owned()),
            "define" | "loader" | "outExtension" | "banner" | "footer" | "inject" | "alias"
            | "conditions" | "pure" | "drop" => {
                let option = match name.as_str() {
                    "outExtension" => "--out-extension",
                    other => &format!("--{other}"),
                };
                match name.as_str() {
                    "conditions" => {
                        let texts: Vec<_> = value.list().iter().filter_map(Node::plain).collect();
                        options.push(format!("{option}={}", texts.join(",")));
                    }
                    _ => options.extend(many(option, value)),
                }
            }
            name if OF_PLUGIN.contains(&name) => {}
            "plugins" => told
                .notes
                .push(format!("esbuild's plugins of `{}` are programs: a step must run them", value.shown())),
            name => {
                let option = format!("--{}", kebab(name));
                match &value.value {
                    Value::Bool(true) => options.push(option),
                    Value::Bool(false) | Value::Null => {}
                    Value::List(items) => {
                        let texts: Vec<_> = items.iter().filter_map(Node::plain).collect();
                        options.push(format!("{option}={}", texts.join(",")));
                    }
                    Value::Map(_) | Value::Unknown(_) => {
                        told.notes
                            .push(format!("esbuild's setting `{name}` is not known: add it to the step"));
                    }
                    _ => options.extend(value.plain().map(|text| format!("{option}={text}"))),
                }
            }
        }
    }
    Bundle { entry: String::new(), options }
}

/// `mainFields` as `main-fields`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
