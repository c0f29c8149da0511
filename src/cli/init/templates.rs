//! Reads the functions of templates of AWS SAM and the Serverless Framework.

use std::path::Path;

use lambda_img::arch::Arch;
use yaml_rust2::Yaml;

use super::draft::{TemplateFunction, name_of};
use super::source::Source;
use super::yaml::{NotRead, load};

const SAM: [&str; 3] = ["template.yaml", "template.yml", "sam.yaml"];
const SERVERLESS: [&str; 2] = ["serverless.yml", "serverless.yaml"];

/// The functions that the first template of a directory has; none without one. `warnings` gets a sentence for each
/// that is passed over although it is there.
pub fn functions(root: &Path, warnings: &mut Vec<String>) -> Vec<TemplateFunction> {
    let source = Source { root, dir: "" };
    let mut load = |name: &&str| match load(&source.text(name)) {
        Ok(document) => document,
        Err(NotRead::Malformed) => None,
        Err(NotRead::Unbounded) => {
            let why = "its aliases stand for more than 64 MiB, or it is nested more than 100 levels deep";
            warnings.push(format!("`{name}` is not read: {why}"));
            None
        }
    };
    let sam = SAM.iter().find_map(&mut load).map(|template| sam(&template)).unwrap_or_default();
    if sam.is_empty() {
        SERVERLESS.iter().find_map(&mut load).map(|template| serverless(&template)).unwrap_or_default()
    } else {
        sam
    }
}

/// Resources of type `AWS::Serverless::Function`, with `Globals` below them. Images are built by what
/// their Dockerfile says, code in S3 is not here, code in the template is not a file: these are left out.
fn sam(template: &Yaml) -> Vec<TemplateFunction> {
    let globals = &template["Globals"]["Function"];
    let resources = template["Resources"].as_hash().into_iter().flatten();
    let functions =
        resources.filter(|(_, resource)| resource["Type"].as_str() == Some("AWS::Serverless::Function"));
    let of = |resource: &Yaml, name: &str| {
        let own = resource["Properties"][name].as_str().or(globals[name].as_str());
        own.map(str::to_owned)
    };
    let zips = functions.filter(|(_, resource)| {
        let elsewhere = of(resource, "CodeUri").is_some_and(|uri| uri.starts_with("s3:"));
        let inline = !resource["Properties"]["InlineCode"].is_badvalue();
        of(resource, "PackageType").as_deref() != Some("Image") && !elsewhere && !inline
    });
    let told = |(name, resource): (&Yaml, &Yaml)| {
        let archs = match &resource["Properties"]["Architectures"] {
            Yaml::Array(_) => &resource["Properties"]["Architectures"],
            _ => &globals["Architectures"],
        };
        TemplateFunction {
            name: name_of(name.as_str().unwrap_or_default()),
            dir: dir(&of(resource, "CodeUri").unwrap_or_default()),
            made: String::new(),
            runtime: of(resource, "Runtime"),
            handler: of(resource, "Handler"),
            archs: archs.as_vec().into_iter().flatten().filter_map(arch).collect(),
        }
    };
    zips.map(told).collect()
}

/// `functions`, with `provider` below them. Handlers name their file from the directory of the template.
fn serverless(template: &Yaml) -> Vec<TemplateFunction> {
    let provider = &template["provider"];
    let functions = template["functions"].as_hash().into_iter().flatten();
    let zips = functions.filter(|(_, function)| function["image"].is_badvalue());
    let told = |(name, function): (&Yaml, &Yaml)| {
        let of = |name: &str| function[name].as_str().or(provider[name].as_str()).map(str::to_owned);
        TemplateFunction {
            name: name_of(name.as_str().unwrap_or_default()),
            dir: String::new(),
            made: String::new(),
            runtime: of("runtime"),
            handler: function["handler"].as_str().map(str::to_owned),
            archs: of("architecture").and_then(|name| name.parse().ok()).into_iter().collect(),
        }
    };
    zips.map(told).collect()
}

fn arch(value: &Yaml) -> Option<Arch> {
    value.as_str()?.parse().ok()
}

/// A directory of a template, as ours are written.
fn dir(text: &str) -> String {
    let text = text.trim_start_matches("./").trim_end_matches('/');
    if text == "." { String::new() } else { text.to_owned() }
}
