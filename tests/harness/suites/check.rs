//! What the tests of `check` share, whichever binary they are in.

use serde_json::Value;

use super::super::common::Place;

/// The ids that `lambda-img check` finds, each once; its exit code must be that of their levels.
pub fn ids(place: &Place, arguments: &str) -> Vec<String> {
    let ran = place.run(&format!("check {arguments} --json"));
    let object: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{arguments}: {error}: {ran:?}"));
    let denied = object["denied"].as_u64().unwrap();
    assert_eq!(ran.code, Some(if denied > 0 { 3 } else { 0 }), "{ran:?}");
    let findings = object["findings"].as_array().unwrap().iter();
    let mut ids: Vec<_> = findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect();
    ids.dedup();
    ids
}
