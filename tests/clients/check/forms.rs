//! What a check prints: for people, as our own JSON, as SARIF; and the exit codes.

use std::collections::BTreeSet;
use std::fs;

use lambda_img::check::{CHECKS, Check};
use serde_json::Value;

use crate::harness::common::{self, Place, must};
use crate::harness::layout;

/// An image with a finding that is denied, one that warns, and one that can be allowed.
fn faulty() -> Place {
    let place = layout::sound();
    layout::add_layer(&place, "touch root/var/task/x; pack var/task/x");
    layout::umoci_config(&place, &["--config.user", "1000", "--config.env", "AWS_REGION=x"]);
    place
}

#[test]
fn findings_are_told_by_level_and_the_exit_code_is_that_of_the_worst() {
    let place = faulty();
    let ran = place.run("check oci:image:v1 --allow env-reserved");
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "denied");
    assert!(lines[1].starts_with("  missing-parent  /var: layer "), "{}", lines[1]);
    assert!(lines[2].starts_with("      fix: "), "{}", lines[2]);
    let at = |word: &str| lines.iter().position(|line| *line == word).unwrap();
    assert!(0 < at("warnings") && at("warnings") < at("allowed"), "{}", ran.stdout);
    for words in ["2 denied, 1 warning, 1 allowed", "error: 2 findings are denied", "hint:"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    assert_eq!(place.run("check oci:image:v1 --allow missing-parent -q").code, Some(0));
    assert_eq!(place.run("check oci:image:v1 --allow missing-parent --deny ignored-setting").code, Some(3));
    place.refuses(2, "check oci:image:v1 --allow mising-parent", &["`missing-parent`"]);
    place.refuses(2, "check oci:image:v1 --runtime python3.99", &["`python3.99`"]);
    place.refuses(1, "check oci:nowhere", &["oci:nowhere"]);
    place.refuses(2, "check fn", &["no runtime is set", "--runtime"]);
}

#[test]
fn json_is_of_our_schema() {
    let place = faulty();
    let ran = place.run("check oci:image:v1 --allow env-reserved --json");
    common::conforms(&place, "docs/schemas/check.json", &ran.stdout);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&object["denied"], &object["warnings"], &object["allowed"]),
        (&2.into(), &1.into(), &1.into())
    );
    let first = &object["findings"][0];
    assert_eq!(
        (&first["id"], &first["path"], &first["level"]),
        (&"missing-parent".into(), &"/var".into(), &"deny".into())
    );
    let has =
        |key: &str, value: Value| object["findings"].as_array().unwrap().iter().any(|one| one[key] == value);
    assert!(has("level", "deny".into()) && has("level", "warn".into()) && has("allowed", true.into()));
    // Without a manifest and a finding.
    place.run("build fn -r provided.al2023 -b embedded --handler any -o docker-archive:image.tar").digest();
    let ran = place.run("check docker-archive:image.tar --json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    common::conforms(&place, "docs/schemas/check.json", &ran.stdout);
}

#[test]
fn our_schema_has_every_word_that_checks_have() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string("docs/schemas/check.json").unwrap()).unwrap();
    let words = |key: &str| {
        let list = &schema["$defs"]["Finding"]["properties"][key]["enum"];
        list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let of_checks =
        |word: fn(&Check) -> String| CHECKS.iter().map(|check| word(check)).collect::<BTreeSet<_>>();
    assert_eq!(words("group"), of_checks(|check| check.group.to_string()));
    assert_eq!(words("grade"), of_checks(|check| check.evidence.to_string()));
    assert_eq!(words("level"), of_checks(|check| check.level.to_string()));
}

#[test]
fn sarif_is_of_the_schema_of_oasis() {
    let place = faulty();
    let ran = place.run("check oci:image:v1 --allow env-reserved --sarif");
    assert_eq!(ran.code, Some(3), "{ran:?}");
    common::conforms(&place, "tests/data/sarif-2.1.0.json", &ran.stdout);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let rule = &log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    let levels: BTreeSet<_> = results.iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert_eq!(levels, BTreeSet::from(["error", "warning"]));
    let allowed: Vec<_> = results.iter().filter(|result| result["suppressions"].is_array()).collect();
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0]["ruleId"], "env-reserved");
}

#[test]
fn all_places_of_one_image_give_the_same_findings() {
    let place = faulty();
    must(place.program("skopeo").args([
        "--insecure-policy",
        "copy",
        "-q",
        "oci:image:v1",
        "oci-archive:a.tar:v1",
    ]));
    must(place.program("skopeo").args([
        "--insecure-policy",
        "copy",
        "-q",
        "oci:image:v1",
        "docker-archive:d.tar:a:v1",
    ]));
    let ids = |source: &str| super::fixture::ids(&place, source);
    let all = ids("oci:image:v1");
    assert_eq!(all.len(), 3);
    assert_eq!(ids("oci-archive:a.tar:v1"), all);
    assert_eq!(ids("docker-archive:d.tar"), all);
}

#[test]
fn a_function_is_built_checked_and_not_kept() {
    let place = layout::function();
    let before = common::snapshot(&place.path(""));
    let ran = place.run("check fn --runtime provided.al2023 --base embedded --json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&object["image"], &object["runtime"]), (&"fn".into(), &"provided.al2023".into()));
    assert_eq!(common::snapshot(&place.path("")), before);
    assert!(fs::read_dir(place.path("out")).unwrap().next().is_none());
}
