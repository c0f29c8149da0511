//! Functions of the Serverless Framework.

use super::node::{Node, Value};
use super::paths::{outside, within};
use super::serverless_esbuild::bundle;
use super::variables::{ReadFile, Variables};
use crate::cli::init::draft::{TemplateFunction, name_of};
use crate::cli::init::told::Told;

/// Plugins that bundle functions in ways of their own.
const BUNDLERS: [&str; 5] = [
    "serverless-webpack",
    "serverless-bundle",
    "serverless-plugin-typescript",
    "serverless-rspack",
    "serverless-vite",
];

/// Settings that stay where they are: in the configuration of the function in Lambda.
const STAYS: [&str; 10] = [
    "memorySize",
    "timeout",
    "ephemeralStorageSize",
    "fileSystemConfig",
    "vpc",
    "snapStart",
    "reservedConcurrency",
    "provisionedConcurrency",
    "onError",
    "kmsKeyArn",
];

/// What is said in one place for all functions.
struct Service<'a> {
    file: &'a str,
    provider: Node,
    package: Node,
    layers: Node,
    bundle: Option<Node>,
    bundler: Option<&'static str>,
}

/// The functions of a document, which is at the root of the project. `warnings` gets a sentence for each that no image
/// can be built of.
pub fn functions(
    document: &Node,
    file: &str,
    read: &ReadFile<'_>,
    warnings: &mut Vec<String>,
) -> Vec<TemplateFunction> {
    let variables = Variables::new(document, read);
    let of = |name: &str| variables.resolve(document.get(name));
    let (custom, plugins, build) = (of("custom"), of("plugins"), of("build"));
    let listed = if plugins.list().is_empty() { plugins.get("modules").clone() } else { plugins };
    let has = |name: &str| listed.list().iter().any(|plugin| plugin.text() == Some(name));
    let esbuild = [custom.get("esbuild"), build.get("esbuild")].into_iter().find(|node| !node.is_null());
    let bundles =
        has("serverless-esbuild") || build.text() == Some("esbuild") || !build.get("esbuild").is_null();
    let service = Service {
        file,
        provider: of("provider"),
        package: of("package"),
        layers: of("layers"),
        bundle: bundles.then(|| esbuild.cloned().unwrap_or_else(|| Node::of(Value::Null))),
        bundler: BUNDLERS.into_iter().find(|name| has(name)),
    };
    let all = of("functions");
    let mut unclear = Vec::new();
    let mut functions = Vec::new();
    for part in if all.list().is_empty() { std::slice::from_ref(&all) } else { all.list() } {
        if let Value::Unknown(shown) = &part.value {
            unclear.push(shown.clone());
        }
        for (name, function) in part.map() {
            match service.function(name, function) {
                Ok(told) => functions.push(told),
                Err(why) => {
                    let line = if function.line > 0 { format!(":{}", function.line) } else { String::new() };
                    warnings.push(format!("{file}{line}: function `{name}` is left out: {why}"));
                }
            }
        }
    }
    for shown in unclear {
        warnings.push(format!(
            "{file}: the functions of `{shown}` are left out: `npx serverless print` shows what it stands for"
        ));
    }
    functions
}

impl Service<'_> {
    fn function(&self, name: &str, function: &Node) -> Result<TemplateFunction, String> {
        if let Value::Unknown(shown) = &function.value {
            return Err(format!("it is `{shown}`, which the file does not tell"));
        }
        if !function.get("image").is_null() {
            return Err("it is an image already".to_owned());
        }
        let mut told = Told { from: format!("`{name}` of {}", self.file), ..Told::default() };
        let mut text = |nodes: [&Node; 2], name: &str, key: &str| {
            let value = nodes.into_iter().find(|node| !node.is_null())?;
            if let Value::Unknown(shown) = &value.value {
                told.notes.push(format!(
                    "the file says `{name}: {shown}`, which only a deployment knows: say in `{key}` what it is"
                ));
            }
            value.plain()
        };
        let runtime = text([function.get("runtime"), self.provider.get("runtime")], "runtime", "runtime");
        let handler = text([function.get("handler"), function.get("handler")], "handler", "handler");
        let arch =
            text([function.get("architecture"), self.provider.get("architecture")], "architecture", "arch");
        let provided = self.provider.get("environment").map().iter();
        let own = function.get("environment").map().iter();
        told.variables(provided.chain(own).map(|(name, value)| (name.clone(), value.plain())));
        self.layers(function, &mut told);
        let mut dir = self.package(function, &mut told)?;
        let module = function.get("module").text();
        if let Some(module) = module.filter(|_| !told.is_made) {
            dir = within(&dir, module).ok_or_else(|| outside(module))?;
        }
        let stays = STAYS.iter().filter_map(|name| {
            let value =
                [function.get(name), self.provider.get(name)].into_iter().find(|node| !node.is_null())?;
            Some(value.plain().map_or_else(|| (*name).to_owned(), |value| format!("{name} {value}")))
        });
        told.stays(&stays.collect::<Vec<_>>());
        let is_node = runtime.as_deref().is_none_or(|runtime| runtime.starts_with("nodejs"));
        if let Some(plugin) = self.bundler.filter(|_| is_node) {
            told.notes.push(format!(
                "the plugin {plugin} bundles the function: add a step that does it, such as `npx serverless package`"
            ));
        }
        let settings = self.bundle.as_ref().filter(|_| is_node && !told.is_made);
        let bundle = settings.map(|settings| bundle(settings, &mut told));
        let archs = arch.and_then(|name| name.parse().ok()).into_iter().collect();
        Ok(TemplateFunction { name: name_of(name), dir, runtime, handler, archs, bundle, told })
    }

    /// What is packed: an archive, or the service without what its patterns leave out.
    fn package(&self, function: &Node, told: &mut Told) -> Result<String, String> {
        let own = function.get("package");
        let artifact = [own.get("artifact"), self.package.get("artifact")].into_iter().find_map(Node::text);
        if let Some(artifact) = artifact {
            told.is_made = true;
            return within("", artifact).ok_or_else(|| outside(artifact));
        }
        let mut excludes: Vec<String> = Vec::new();
        for package in [&self.package, own] {
            excludes.extend(package.get("exclude").list().iter().filter_map(Node::plain));
            let included = package.get("include").list().iter().filter_map(Node::plain);
            let patterns = package.get("patterns").list().iter().filter_map(Node::plain).chain(included);
            for pattern in patterns {
                match pattern.strip_prefix('!') {
                    Some(out) => excludes.push(out.to_owned()),
                    // Before anything is left out, all is in.
                    None if excludes.is_empty() => {}
                    None => excludes.push(format!("!{pattern}")),
                }
            }
        }
        told.excludes.extend(
            excludes
                .into_iter()
                .map(|pattern| pattern.replace("!./", "!").trim_start_matches("./").to_owned()),
        );
        Ok(String::new())
    }

    /// Layers of the service itself, and those that are in AWS. A function's take the place of the provider's.
    fn layers(&self, function: &Node, told: &mut Told) {
        let layers =
            [function.get("layers"), self.provider.get("layers")].into_iter().find(|node| !node.is_null());
        for layer in layers.map_or(&[][..], Node::list) {
            let shown = layer.shown();
            let id = shown.strip_prefix("!Ref ").and_then(|id| id.strip_suffix("LambdaLayer"));
            let own = id.and_then(|id| self.layers.map().iter().find(|(name, _)| logical(name) == id));
            let content = own.map(|(_, layer)| {
                layer
                    .get("package")
                    .get("artifact")
                    .text()
                    .or_else(|| layer.get("path").text())
                    .unwrap_or(".")
            });
            match (content, id) {
                (Some(path), _) => match within("", path) {
                    Some(dir) if !dir.is_empty() => told.layers.push(dir),
                    _ => told.notes.push(format!(
                        "the content of the Lambda layer `{shown}` is at `{path}`, outside of this directory: name it in \
                         `lambda-layer`"
                    )),
                },
                // The plugin serverless-python-requirements makes it of what the function needs anyway.
                (None, Some("PythonRequirements")) => {}
                (None, _) => told.remote_layer(&shown),
            }
        }
    }
}

/// What the framework calls a layer in CloudFormation, without its ending.
fn logical(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    name.replace('-', "Dash").replace('_', "Underscore")
}
