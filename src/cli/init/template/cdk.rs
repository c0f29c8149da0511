//! What the AWS CDK synthesised: the templates of a cloud assembly, `cdk.out`.

use std::collections::BTreeMap;
use std::path::Path;

use super::cloudformation::functions as functions_of;
use super::document::Template;
use super::files::read;
use super::files_error::NotRead;
use super::intrinsics::Scope;
use super::node::Node;
use super::paths::within;
use super::scalar::Dialect;
use crate::cli::init::draft::TemplateFunction;
use crate::cli::init::source::Source;

/// The most templates of an assembly that are read.
const TEMPLATES_MAX: usize = 200;

/// The directory of the assembly that `cdk.json` names; `None` where the app was not synthesised.
pub fn assembly(root: &Path, settings: &Node) -> Option<String> {
    let dir = within("", settings.get("output").text().unwrap_or("cdk.out"))?;
    root.join(&dir).join("manifest.json").is_file().then_some(dir)
}

/// The functions of all templates of an assembly. Of those that are the same in several stacks, one.
///
/// # Errors
/// [`NotRead`].
pub fn functions(
    root: &Path,
    assembly: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<TemplateFunction>, NotRead> {
    let mut found: Vec<TemplateFunction> = Vec::new();
    for file in templates(root, assembly).into_iter().take(TEMPLATES_MAX) {
        let Some(document) = read(root, &file, Dialect::PyYaml, warnings)? else { continue };
        let beside = file.replace(".template.json", ".assets.json");
        let assets = read(root, &beside, Dialect::PyYaml, warnings)?;
        let template = Template {
            dir: super::paths::parent(&file),
            file: &file,
            assets: assets.as_ref(),
            scope: Scope::new(&document, BTreeMap::new()),
        };
        for function in functions_of(&template, warnings) {
            let is_same = |other: &TemplateFunction| {
                (&other.name, &other.dir, &other.handler, &other.runtime, &other.archs)
                    == (&function.name, &function.dir, &function.handler, &function.runtime, &function.archs)
            };
            if !found.iter().any(is_same) {
                found.push(function);
            }
        }
    }
    Ok(found)
}

/// The templates of an assembly and of the assemblies in it, one for each stage.
fn templates(root: &Path, dir: &str) -> Vec<String> {
    let source = Source { root, dir };
    let mut found = Vec::new();
    for name in source.names("") {
        let path = format!("{dir}/{name}");
        if name.ends_with(".template.json") {
            found.push(path);
        } else if name.starts_with("assembly-") && found.len() < TEMPLATES_MAX && root.join(&path).is_dir() {
            let nested = Source { root, dir: &path }.names("");
            found.extend(
                nested
                    .iter()
                    .filter(|name| name.ends_with(".template.json"))
                    .map(|name| format!("{path}/{name}")),
            );
        }
    }
    found
}
