//! Options that had other names: the old ones work wherever they did, and nothing shows them.

use serde_json::json;

use super::{place, schema, settings};
use crate::harness::common::{Place, must, run};

/// What an option was called, and what it is called now.
const RENAMED: [(&str, &str); 6] = [
    ("deep", "all-layers"),
    ("ask-base", "check-base-update"),
    ("format", "media-types"),
    ("output-format", "ci"),
    ("prepare", "pre-build"),
    ("split", "single-layer"),
];

/// The key of lambda-img.toml that `config --json` calls so: its object keeps the names that keys had before.
pub fn key_of(name: &str) -> &str {
    match RENAMED.iter().find(|(old, _)| *old == name) {
        // It has both: the older form is no other name, for its values are others.
        Some(("split", _)) | None => name,
        Some((_, new)) => new,
    }
}

#[test]
fn old_options_do_what_the_new_ones_do() {
    let place = Place::with_function();
    let build = "-r provided.al2023 -b embedded";
    let digest = |options: &str| place.run(&format!("build fn {build} -o oci:out {options}")).digest();
    let plain = digest("");
    let archive = "-o docker-archive:out.tar --dry-run";
    let dry = |options: &str| must(&mut place.tool(&format!("build fn {build} {archive} {options}"))).stdout;
    let docker = dry("--media-types docker");
    assert_eq!(dry("--format docker"), docker);
    assert_ne!(docker, dry(""));
    assert_eq!(digest("--split none"), digest("--single-layer"));
    assert_eq!(digest("--split auto --deep"), plain);
    let made = |option: &str| {
        let mut tool = place.tool(&format!("build fn {build} -o oci:out --{option}"));
        must(tool.arg("touch made; echo >fn/made")).digest()
    };
    assert_eq!(made("prepare"), made("pre-build"));
    must(&mut place.tool("check oci:out --deep --ask-base --offline -q --allow start-format"));
    must(&mut place.tool("inspect oci:out --deep"));
    must(&mut place.tool("diff oci:out oci:out --deep"));
    must(&mut place.tool(&format!("build fn {build} -o oci:out --output-format gitlab")));
    assert!(place.path("lambda-img.env").exists());
    place.refuses(2, &format!("build fn {build} --split none --single-layer"), &["cannot be used with"]);
}

#[test]
fn no_help_and_no_schema_names_an_old_option() {
    let place = Place::new();
    for command in ["build", "config", "check", "inspect", "diff", "push"] {
        let help = must(&mut place.tool(&format!("{command} --help"))).stdout;
        let words: Vec<_> = help.split([' ', '`', '=', ',', '\n']).collect();
        for (old, _) in RENAMED {
            assert!(!words.contains(&format!("--{old}").as_str()), "{command} --{old}");
        }
    }
    let schema = schema();
    let keys = schema["definitions"]["settings"]["properties"].as_object().unwrap();
    for (old, new) in RENAMED {
        let is_key = !["check-base-update", "ci"].contains(&new);
        assert_eq!((keys.contains_key(old), keys.contains_key(new)), (false, is_key), "{old}");
    }
}

#[test]
fn old_keys_and_variables_set_the_new_ones() {
    let place = place(
        "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n[functions.fn]\npath = \"fn\"\n\
         prepare = \"true\"\nformat = \"docker\"\ndeep = true\nsplit = \"none\"\n",
    );
    let shown = place.run("config").stdout;
    for row in ["pre-build ", "media-types ", "all-layers ", "split "] {
        assert!(shown.contains(&format!("\n  {row}")), "{shown}");
    }
    // A new name of a higher layer covers an old one of a lower.
    let mut config = place.tool("config --single-layer --json");
    config.env("LAMBDA_IMG_PREPARE", "false").env("LAMBDA_IMG_MEDIA_TYPES", "oci");
    let said = settings(&run(&mut config));
    let value = |key: &str| (said["settings"][key]["value"].clone(), said["settings"][key]["origin"].clone());
    let variable = |name: &str| json!({ "layer": "environment", "variable": name });
    assert_eq!(value("prepare"), (json!("false"), variable("LAMBDA_IMG_PREPARE")));
    assert_eq!(value("format"), (json!("oci"), variable("LAMBDA_IMG_MEDIA_TYPES")));
    assert_eq!(value("deep").0, json!(true));
    assert_eq!(value("split"), (json!("none"), json!({ "layer": "command line" })));
    let both = "[functions.fn]\npath = \"fn\"\npre-build = \"true\"\nprepare = \"true\"\n";
    place.write("lambda-img.toml", both);
    place.refuses(2, "config", &["line", "`pre-build`", "`prepare`"]);
}
