//! The Lambda layers of a function of CloudFormation: those of the project, and those that are in AWS.

use super::document::{Template, asset};
use super::node::{Node, Value};
use super::paths::within;
use crate::cli::init::told::{LayerBuild, Told};

/// The types of resources that are Lambda layers.
const TYPES: [&str; 2] = ["AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion"];

/// Adds the layers of a function whose properties are computed. A layer that is a resource of the template was not
/// computed: only its name is known.
pub fn add(template: &Template<'_>, properties: &Node, told: &mut Told) {
    let layers = properties.get("Layers");
    let layers = match &layers.value {
        Value::Unknown(shown) => {
            told.notes.push(format!(
                "the template says `Layers: {shown}`, which only a deployment knows: name what it has in `lambda-layer`"
            ));
            return;
        }
        _ => layers.list(),
    };
    let resources = template.scope.template.get("Resources");
    for layer in layers {
        let shown = layer.shown();
        let named =
            own(&shown).and_then(|name| Some((name, resources.map().iter().find(|(id, _)| id == name)?)));
        match named {
            Some((name, (_, layer))) if TYPES.contains(&layer.get("Type").text().unwrap_or_default()) => {
                local(template, name, layer, told);
            }
            _ if !matches!(layer.value, Value::Unknown(_)) || shown.contains("arn:") => told.remote_layer(&shown),
            _ => told.notes.push(format!(
                "the template has the Lambda layer `{shown}`, which only a deployment knows: name its directory or zip in \
                 `lambda-layer` (docs/guides/lambda-layers.md)"
            )),
        }
    }
}

/// The name of a resource that a value which was not computed stands for: `!Ref Name`, `!GetAtt [Name, LayerArn]`,
/// `${Name}`.
fn own(shown: &str) -> Option<&str> {
    let reference = shown.strip_prefix("!Ref ");
    let attribute = shown.strip_prefix("!GetAtt [").and_then(|rest| Some(rest.split_once(',')?.0));
    let text = shown.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    reference.or(attribute).or(text.map(|name| name.split('.').next().unwrap_or(name)))
}

/// A layer of the template itself.
fn local(template: &Template<'_>, name: &str, layer: &Node, told: &mut Told) {
    let properties = template.scope.resolve(layer.get("Properties"));
    let metadata = layer.get("Metadata");
    let asset = asset(template, layer, properties.get("Content"));
    let uri = match properties.get("ContentUri") {
        uri if uri.is_null() => properties.get("Content"),
        uri => uri,
    };
    let path = match asset.as_deref().or(uri.text()) {
        None if uri.is_null() && metadata.get("BuildMethod").text() == Some("makefile") => ".",
        None => {
            told.notes.push(format!(
                "the content of the Lambda layer `{name}` is `{}`: name its directory or zip in `lambda-layer`",
                uri.shown()
            ));
            return;
        }
        Some(path) if path.starts_with("s3://") => {
            told.notes.push(format!(
                "the content of the Lambda layer `{name}` is at `{path}`: download it and name the zip in `lambda-layer`"
            ));
            return;
        }
        Some(path) => path,
    };
    let Some(dir) = within(template.dir, path) else {
        told.notes.push(format!(
            "the content of the Lambda layer `{name}` is at `{path}`, outside of this directory: name it in `lambda-layer`"
        ));
        return;
    };
    match metadata.get("BuildMethod").plain() {
        Some(method) => told.layer_builds.push(LayerBuild { name: name.to_owned(), dir, method }),
        None => told.layers.push(if dir.is_empty() { ".".to_owned() } else { dir }),
    }
}
