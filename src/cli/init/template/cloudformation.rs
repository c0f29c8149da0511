//! Functions of CloudFormation's templates: AWS SAM's, those of plain CloudFormation, and what CDK made.

use std::collections::BTreeMap;

use super::document::{Template, asset, place};
use super::layers;
use super::metadata;
use super::node::{Node, Value};
use super::paths::{outside, within};
use crate::cli::init::draft::{TemplateFunction, name_of};
use crate::cli::init::told::Told;

/// The types of resources that are functions.
const TYPES: [&str; 2] = ["AWS::Serverless::Function", "AWS::Lambda::Function"];

/// Properties that stay where they are: in the configuration of the function in Lambda.
const STAYS: [&str; 12] = [
    "MemorySize",
    "Timeout",
    "EphemeralStorage",
    "FileSystemConfigs",
    "VpcConfig",
    "SnapStart",
    "ReservedConcurrentExecutions",
    "ProvisionedConcurrencyConfig",
    "DurableConfig",
    "TenancyConfig",
    "DeadLetterConfig",
    "DeadLetterQueue",
];

/// Where the code of a function is.
enum Code {
    /// In a directory or an archive of the project.
    Local(String),
    /// At a path that only the deployment knows, or that leaves the project.
    Unclear(String),
    /// Nowhere that `build` could take it from: a sentence.
    None(String),
}

/// The functions of a template. `warnings` gets a sentence for each that no image can be built of.
pub fn functions(template: &Template<'_>, warnings: &mut Vec<String>) -> Vec<TemplateFunction> {
    let document = template.scope.template;
    let mut functions = Vec::new();
    for (id, resource) in document.get("Resources").map() {
        let kind = resource.get("Type").text().unwrap_or_default();
        if id.starts_with("Fn::ForEach") {
            let at = place(template, resource);
            warnings.push(format!("{at}: `{id}` makes resources in a loop, which is not followed"));
        }
        if !TYPES.contains(&kind) || is_of_cdk(resource) {
            continue;
        }
        let properties = match kind == TYPES[0] {
            true => merged(document.get("Globals").get("Function"), resource.get("Properties")),
            false => resource.get("Properties").clone(),
        };
        let properties = template.scope.resolve(&properties);
        match code(template, resource, &properties) {
            Code::None(why) => {
                warnings.push(format!("{}: function `{id}` is left out: {why}", place(template, resource)));
            }
            code => functions.push(function(template, id, resource, &properties, code)),
        }
    }
    functions
}

/// One function, whose properties are computed.
fn function(
    template: &Template<'_>,
    id: &str,
    resource: &Node,
    properties: &Node,
    code: Code,
) -> TemplateFunction {
    let mut told = Told { from: format!("`{id}` of {}", template.file), ..Told::default() };
    let dir = match code {
        Code::Local(dir) => dir,
        Code::Unclear(why) => {
            told.notes.push(why);
            told.is_made = true;
            String::new()
        }
        Code::None(_) => String::new(),
    };
    let mut text = |name: &str, key: &str| {
        let value = properties.get(name);
        if let Value::Unknown(shown) = &value.value {
            told.notes.push(format!(
                "the template says `{name}: {shown}`, which only a deployment knows: say in `{key}` what it is"
            ));
        }
        value.plain()
    };
    let (runtime, handler) = (text("Runtime", "runtime"), text("Handler", "handler"));
    let archs = properties.get("Architectures");
    if let Some(unknown) =
        archs.list().iter().chain([archs]).find(|node| matches!(node.value, Value::Unknown(_)))
    {
        told.notes.push(format!(
            "the template says `Architectures: {}`, which only a deployment knows: say in `arch` what it is",
            unknown.shown()
        ));
    }
    let archs: Vec<_> = archs.list().iter().filter_map(|arch| arch.text()?.parse().ok()).collect();
    let variables = properties.get("Environment").get("Variables").map();
    told.variables(variables.iter().map(|(name, value)| (name.clone(), value.plain())));
    layers::add(template, properties, &mut told);
    let bundle = metadata::add(template, id, resource, &mut told);
    let stays = STAYS.iter().filter_map(|name| match properties.get(name) {
        node if node.is_null() => None,
        node => Some(match node.get("Size").plain().or_else(|| node.plain()) {
            Some(value) => format!("{name} {value}"),
            None => (*name).to_owned(),
        }),
    });
    told.stays(&stays.collect::<Vec<_>>());
    if asset(template, resource, properties.get("Code")).is_some() {
        told.is_made = true;
        told.notes.push(
            "the directory of the code is named by its content: run `lambda-img init` again after each `cdk synth` \
             that changes it, or name its source in `path`"
                .to_owned(),
        );
    }
    TemplateFunction { name: name_of(&name(id, resource)), dir, runtime, handler, archs, bundle, told }
}

/// What a function is called: CDK numbers what it names, and keeps the name in a path.
fn name(id: &str, resource: &Node) -> String {
    let path = resource.get("Metadata").get("aws:cdk:path").text().unwrap_or_default();
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some("Resource"), Some(name)) => name.to_owned(),
        _ => id.to_owned(),
    }
}

/// Whether CDK added a function for its own ends.
fn is_of_cdk(resource: &Node) -> bool {
    let path = resource.get("Metadata").get("aws:cdk:path").text().unwrap_or_default();
    path.split('/').any(|part| {
        let singleton = part
            .strip_prefix("AWS")
            .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|digit| digit.is_ascii_hexdigit()));
        singleton
            || part.starts_with("Custom::")
            || part.starts_with("LogRetention")
            || part.contains("CustomResourceProvider")
    })
}

fn code(template: &Template<'_>, resource: &Node, properties: &Node) -> Code {
    let image = properties.get("ImageUri").plain().or_else(|| properties.get("Code").get("ImageUri").plain());
    if properties.get("PackageType").text() == Some("Image") || image.is_some() {
        let metadata = resource.get("Metadata");
        let context = metadata.get("DockerContext").plain().unwrap_or_else(|| ".".to_owned());
        return Code::None(match metadata.get("Dockerfile").plain() {
            Some(file) => format!(
                "`{file}` in `{context}` makes its image; build it with Docker, or give it `Runtime` and `Handler` in a \
                 settings file"
            ),
            None => "it is an image already".to_owned(),
        });
    }
    let asset = asset(template, resource, properties.get("Code"));
    let inline = [properties.get("InlineCode"), properties.get("Code").get("ZipFile")];
    if asset.is_none() && inline.iter().any(|node| !node.is_null()) {
        return Code::None("its code is in the template: put it into a file".to_owned());
    }
    let (name, uri) = match properties.get("CodeUri") {
        uri if uri.is_null() => ("Code", properties.get("Code")),
        uri => ("CodeUri", uri),
    };
    let path = match (&asset, &uri.value) {
        (Some(asset), _) => asset.as_str(),
        (None, Value::Text(path)) => path,
        (None, Value::Null) => ".",
        (None, Value::Unknown(shown)) => {
            return Code::Unclear(format!(
                "the template says `{name}: {shown}`, which only a deployment knows: name the directory in `path`"
            ));
        }
        (None, _) => return Code::None("its code is in S3, not in the project".to_owned()),
    };
    if path.starts_with("s3://") || path.starts_with("https://") {
        return Code::None("its code is in S3, not in the project".to_owned());
    }
    match within(template.dir, path) {
        Some(path) => Code::Local(path),
        None => Code::None(outside(path)),
    }
}

/// Properties with SAM's `Globals` below them: mappings are merged, sequences joined, all else is replaced, and so are
/// the architectures.
fn merged(global: &Node, own: &Node) -> Node {
    let is_function = |node: &Node| matches!(node.map(), [(name, _)] if name == "Ref" || name == "Condition" || name.starts_with("Fn::"));
    let value = match (&global.value, &own.value) {
        (_, Value::Null) => return global.clone(),
        (Value::Map(base), Value::Map(pairs)) if !is_function(global) && !is_function(own) => {
            let mut all: BTreeMap<&str, Node> =
                base.iter().map(|(name, node)| (name.as_str(), node.clone())).collect();
            for (name, node) in pairs {
                let base = all.get(name.as_str()).filter(|_| name != "Architectures");
                let value = base.map_or_else(|| node.clone(), |base| merged(base, node));
                all.insert(name, value);
            }
            Value::Map(all.into_iter().map(|(name, node)| (name.to_owned(), node)).collect())
        }
        (Value::List(base), Value::List(items)) => Value::List(base.iter().chain(items).cloned().collect()),
        _ => return own.clone(),
    };
    Node { line: own.line, value }
}
