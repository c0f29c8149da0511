//! Lists of packages: they equal the package managers' own lists, and the official validators accept them.

mod databases;
mod installs;
mod kms;
mod notation;
mod places;
mod programs;
mod referrers;
mod signatures;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::harness::common::{Place, must};
use crate::harness::support::{output, program, repository};

/// A function that starts, to put packages into.
fn function() -> Place {
    let place = Place::new();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    place
}

/// How the function is built, or listed.
const FUNCTION: &str = "fn -r provided.al2023 -b embedded --handler any";

/// The document of `sbom`, which the official schema of CycloneDX accepts, and without warnings.
fn listed(place: &Place, arguments: &str) -> Value {
    let (document, warnings) = warned(place, arguments);
    assert_eq!(warnings, Vec::<String>::new());
    document
}

/// The document of `sbom`, which both official validators accept, and the warnings.
fn warned(place: &Place, arguments: &str) -> (Value, Vec<String>) {
    let ran = place.run(&format!("sbom {arguments} --output bom.json"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    judged(place);
    assert_eq!(place.run(&format!("sbom {arguments} --format spdx --output bom.spdx.json -q")).code, Some(0));
    let judge = judge("pyspdxtools").arg("--infile").arg(place.path("bom.spdx.json")).output().unwrap();
    assert!(judge.status.success(), "{}", String::from_utf8_lossy(&judge.stderr));
    let warnings = ran.stderr.lines().filter_map(|line| line.strip_prefix("warning: "));
    (crate::harness::common::json_at(&place.path("bom.json")), warnings.map(str::to_owned).collect())
}

/// A program of the judges, as `.ci/requirements/sbom.txt` pins it.
fn judge(name: &str) -> Command {
    let dir = output(program("bash").arg(repository(".ci/sbom-judges")));
    Command::new(format!("{}/bin/{name}", dir.trim()))
}

/// Holds `bom.json` to the schema of CycloneDX, each package URL to its specification, and each reference to be used once.
fn judged(place: &Place) {
    let program = "import json, sys\n\
                   from cyclonedx.schema import SchemaVersion\n\
                   from cyclonedx.validation.json import JsonStrictValidator\n\
                   from packageurl import PackageURL\n\
                   text = open(sys.argv[1]).read()\n\
                   wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)\n\
                   assert wrong is None, wrong\n\
                   components = json.loads(text)['components']\n\
                   for one in (one for one in components if 'purl' in one):\n\
                   \x20   assert PackageURL.from_string(one['purl']).to_string() == one['purl'], one['purl']\n\
                   references = [one['bom-ref'] for one in components]\n\
                   assert len(references) == len(set(references))\n";
    must(judge("python3").arg("-c").arg(program).arg(place.path("bom.json")));
}

/// The components of a kind of package URL, as `name version`.
fn named(document: &Value, kind: &str) -> BTreeSet<String> {
    let components = document["components"].as_array().unwrap().iter();
    let of_kind = components
        .filter(|one| one["purl"].as_str().is_some_and(|purl| purl.starts_with(&format!("pkg:{kind}/"))));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let names = of_kind.map(|one| match text(one, "group") {
        group if group.is_empty() => format!("{} {}", text(one, "name"), text(one, "version")),
        group => format!("{group}/{} {}", text(one, "name"), text(one, "version")),
    });
    names.collect()
}

/// The component of this package URL.
fn component<'a>(document: &'a Value, purl: &str) -> &'a Value {
    let mut components = document["components"].as_array().unwrap().iter();
    components.find(|one| one["purl"] == purl).unwrap_or_else(|| panic!("{purl} is not in {document:#}"))
}
