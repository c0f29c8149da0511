//! Frameworks whose functions a program declares: they are known by their files, and what to do next is said.

use std::path::Path;

use super::cdk;
use super::files::read;
use super::files_error::NotRead;
use super::scalar::Dialect;
use crate::cli::init::source::{Source, matches};

/// A framework whose functions `init` cannot read.
#[derive(Debug, PartialEq, Eq)]
pub struct Framework {
    /// The file that it was known by, and what it is.
    pub found: String,
    /// What to do, as a sentence.
    pub next: String,
    /// Whether the directory may have functions all the same, below itself: then these are drafted.
    pub looks_below: bool,
}

/// The framework of a directory, where it has no template that can be read.
///
/// # Errors
/// [`NotRead`].
pub fn of(root: &Path, warnings: &mut Vec<String>) -> Result<Option<Framework>, NotRead> {
    let source = Source { root, dir: "" };
    let known = |found: String, next: &str, looks_below: bool| {
        Ok(Some(Framework { found, next: next.to_owned(), looks_below }))
    };
    let endings = ["ts", "js", "mjs", "cjs"];
    if let Some(name) = endings.iter().map(|end| format!("serverless.{end}")).find(|name| source.has(name)) {
        let next = "run `npx serverless print > serverless.yml`, and then `lambda-img init` again: it reads that file";
        return known(format!("`{name}` declares the functions in a program"), next, false);
    }
    if source.has("cdk.json") {
        let settings = read(root, "cdk.json", Dialect::PyYaml, warnings)?;
        if settings.is_none_or(|settings| cdk::assembly(root, &settings).is_none()) {
            let next =
                "run `npx cdk synth`, and then `lambda-img init` again: it reads the templates in `cdk.out`";
            return known("`cdk.json`: an app of the AWS CDK makes the functions".to_owned(), next, false);
        }
    }
    if root.join(".chalice").is_dir() {
        let next = "run `chalice package out`, and then `lambda-img init out`: it reads the template that Chalice writes";
        return known("`.chalice`: AWS Chalice makes the functions".to_owned(), next, false);
    }
    for (names, what) in [
        (&["sst.config.ts", "sst.config.js", "sst.json"][..], "SST"),
        (&["Pulumi.yaml", "Pulumi.yml"][..], "Pulumi"),
    ] {
        if let Some(name) = names.iter().find(|name| source.has(name)) {
            let next =
                "name the directory, the runtime and the handler of each function in a `lambda-img.toml`";
            return known(format!("`{name}`: a program declares the functions for {what}"), next, true);
        }
    }
    Ok(None)
}

/// The resources of Terraform that are functions, with the file of the first: `main.tf`. They are not read, and hide
/// nothing: what the directories have is drafted.
pub fn terraform(root: &Path) -> Option<(String, Vec<String>)> {
    let source = Source { root, dir: "" };
    let mut first = None;
    let mut all = Vec::new();
    for file in source.files("", 1, &[".tf"]).into_iter().take(100) {
        let text = source.text(&file);
        let mut found = matches(&text, r#"(?m)^\s*resource\s+"aws_lambda_function"\s+"([^"]+)""#);
        let module =
            r#"(?ms)^\s*module\s+"([^"]+)"\s*\{[^}]*?source\s*=\s*"terraform-aws-modules/lambda/aws""#;
        found.extend(matches(&text, module));
        if !found.is_empty() {
            first = first.or(Some(file));
            all.extend(found);
        }
    }
    Some((first?, all))
}
