//! `check` of a function by its name: what it checks is what `build` makes of the same words.

use crate::harness::suites::settings_checked::*;

#[test]
fn the_object_of_build_has_what_checks_found_and_let_pass() {
    let place = place();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    let built = place.run("build orders --json --metadata-file meta.json");
    crate::harness::common::conforms(&place, "docs/schemas/build.json", &built.stdout);
    let checked = place.run("check orders --json").json();
    assert_eq!(checked["findings"][0]["id"], "start-format", "{checked}");
    for object in [built.json(), crate::harness::common::json_at(&place.path("meta.json"))] {
        assert_eq!(object["images"][0]["findings"], checked["findings"]);
    }
}
