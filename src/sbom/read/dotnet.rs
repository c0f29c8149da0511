//! .NET: the libraries of `*.deps.json` (runtime configuration files of .NET).

use serde_json::Value;

use super::stated::{Found, component, integrity, json};
use crate::survey::{Ecosystem, Entry, Fact, Look, Probe};

/// Reads `*.deps.json`: packages of NuGet, and not the projects that were compiled.
pub struct Dotnet;

impl Probe for Dotnet {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        entry.name().ends_with(".deps.json").then(|| json(libraries))
    }
}

fn libraries(value: &Value) -> Vec<Fact> {
    let mut found = Found::default();
    for (library, about) in value["libraries"].as_object().into_iter().flatten() {
        if about["type"] != "package" {
            continue;
        }
        let (name, version) = library.split_once('/').unwrap_or((library, ""));
        found.add(component(Ecosystem::Dotnet, None, name, version).map(|mut one| {
            one.hashes = integrity(about["sha512"].as_str().unwrap_or_default());
            one
        }));
    }
    found.facts()
}
