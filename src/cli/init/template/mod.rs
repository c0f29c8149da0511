//! What templates tell of functions: those of AWS SAM, CloudFormation, the AWS CDK and the Serverless Framework.

mod budget;
pub mod carry;
mod cdk;
mod cloudformation;
mod document;
mod error;
mod files;
mod files_error;
mod frameworks;
mod intrinsics;
mod layers;
mod metadata;
mod nested;
mod node;
mod pairs;
mod paths;
mod scalar;
mod serverless;
mod serverless_esbuild;
mod tags;
mod variables;
mod yaml;

use std::path::Path;

pub use self::error::TemplateError;
use self::files::read;
pub use self::files_error::NotRead;
pub use self::frameworks::Framework;
use self::scalar::Dialect;
use super::draft::TemplateFunction;
use super::source::Source;

/// Names of templates of CloudFormation and AWS SAM; `sam.json` is Chalice's.
const CLOUDFORMATION: [&str; 3] = ["template", "sam", "cloudformation"];
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// What the templates of a directory tell.
pub enum Found {
    /// The functions of the first template that has any, at least one.
    Functions(Vec<TemplateFunction>),
    /// A framework whose functions are in a program.
    Framework(Framework),
    /// Nothing: there is no template.
    Nothing,
}

/// What the templates of a directory tell. `warnings` gets a sentence for all that is there and left out.
///
/// # Errors
/// [`TemplateError`]: never are other functions found in the place of those that a template has.
pub fn find(root: &Path, warnings: &mut Vec<String>) -> Result<Found, TemplateError> {
    let mut said = Vec::new();
    let found = first(root, &mut said)?;
    let found = match found {
        Some((file, functions)) if functions.is_empty() => {
            let why = said.into_iter().next();
            return Err(TemplateError::NoneBuilt { file, why: why.unwrap_or_default() });
        }
        Some((_, functions)) => Found::Functions(functions),
        None => match frameworks::of(root, &mut said)? {
            Some(framework) => Found::Framework(framework),
            None => Found::Nothing,
        },
    };
    if let (Found::Nothing, Some((file, names))) = (&found, frameworks::terraform(root)) {
        said.push(format!(
            "`{file}` declares functions for Terraform (`{}`), which are not read: compare runtime and handler with what \
             was found in the directories",
            names.join("`, `")
        ));
    }
    warnings.extend(said);
    Ok(found)
}

/// The functions of the first template that tells of any, with its name; none of them where all are left out.
fn first(root: &Path, said: &mut Vec<String>) -> Result<Option<(String, Vec<TemplateFunction>)>, NotRead> {
    let named = named(root);
    let usual = CLOUDFORMATION.iter().flat_map(|name| ENDINGS.iter().map(move |end| format!("{name}.{end}")));
    for file in named.into_iter().chain(usual) {
        let before = said.len();
        let Some(document) = read(root, &file, Dialect::PyYaml, said)? else { continue };
        if document.get("Resources").map().is_empty() {
            continue;
        }
        let twice = said.len();
        let functions = nested::functions(root, &file, &document, said)?;
        if !functions.is_empty() || said.len() > twice {
            return Ok(Some((file, functions)));
        }
        said.truncate(before);
    }
    for file in ENDINGS.iter().rev().map(|end| format!("serverless.{end}")).rev() {
        let Some(document) = read(root, &file, Dialect::JsYaml, said)? else { continue };
        let read_file = |path: &str| read(root, path, Dialect::JsYaml, &mut Vec::new()).ok().flatten();
        let before = said.len();
        let functions = serverless::functions(&document, &file, &read_file, said);
        if !functions.is_empty() || said.len() > before {
            return Ok(Some((file, functions)));
        }
    }
    let Some(settings) = read(root, "cdk.json", Dialect::PyYaml, said)? else { return Ok(None) };
    let Some(assembly) = cdk::assembly(root, &settings) else { return Ok(None) };
    let functions = cdk::functions(root, &assembly, said)?;
    if functions.is_empty() && said.is_empty() {
        said.push("its templates have none: run `npx cdk synth` again if the app has any".to_owned());
    }
    Ok(Some((assembly, functions)))
}

/// The template that SAM's own settings name.
fn named(root: &Path) -> Option<String> {
    let settings: toml::Table = Source { root, dir: "" }.text("samconfig.toml").parse().ok()?;
    let parameters = |command: &str| settings.get("default")?.get(command)?.get("parameters");
    let mut all =
        ["global", "build", "deploy", "package", "validate"].iter().filter_map(|name| parameters(name));
    let name = |table: &toml::Value| {
        let named = ["template_file", "template"].iter().find_map(|key| table.get(*key));
        paths::within("", named?.as_str()?)
    };
    all.find_map(name).filter(|path| !path.starts_with(".aws-sam"))
}
