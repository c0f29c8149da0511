//! The runtime interface client of the base, which asks Lambda for events: it may change with the base.

use std::collections::BTreeSet;

use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::Trees;
use crate::survey::Tree;

/// How directories and files of the clients begin: Python's, Ruby's, Java's.
const NAMES: [&str; 3] = ["awslambdaric-", "aws_lambda_ric-", "aws-lambda-java-runtime-interface-client-"];

pub fn prove(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (versions(&trees.old_base), versions(&trees.new_base));
    if old != new {
        let list = |all: &BTreeSet<String>| match all.len() {
            0 => "none".to_owned(),
            _ => all.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        Findings::new(found, Obligation::RuntimeClient)
            .report("runtime interface client", format!("{} becomes {}", list(&old), list(&new)));
    }
}

fn versions(tree: &Tree<'_>) -> BTreeSet<String> {
    let parts =
        ["var/runtime", "var/lang/lib"].into_iter().flat_map(|dir| tree.below(dir)).map(|(path, _)| path);
    let named =
        parts.flat_map(|path| path.split('/')).filter(|part| NAMES.iter().any(|name| part.starts_with(name)));
    let mut all: BTreeSet<String> = named
        .map(|part| {
            part.trim_end_matches(".dist-info")
                .trim_end_matches(".gemspec")
                .trim_end_matches(".jar")
                .to_owned()
        })
        .collect();
    let package = tree.get("var/runtime/package.json").and_then(|found| found.entry.text());
    let package = package.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    all.extend(package.and_then(|json| Some(format!("package.json {}", json["version"].as_str()?))));
    all
}
