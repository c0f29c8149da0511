//! Options that had other names: the old ones work wherever they did, and nothing proposes them.

use serde_json::{Value, json};

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
        assert_eq!((keys.contains_key(old), keys.contains_key(new)), (is_key, is_key), "{old}");
        // Files that have it stay right, and editors strike it through.
        if is_key {
            assert_eq!(keys[old]["deprecated"], true, "{old}");
            assert_eq!(keys[old]["description"], format!("The older form of `{new}`"));
            assert!(keys[new].get("deprecated").is_none(), "{new}");
        }
    }
    assert_eq!(keys["deep"]["type"], "boolean");
    assert_eq!(keys["split"]["enum"], json!(["auto", "none"]));
}

#[test]
fn old_keys_and_variables_set_the_new_ones() {
    let place = place(
        "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n[functions.fn]\npath = \"fn\"\n\
         prepare = \"true\"\nformat = \"docker\"\ndeep = true\nsplit = \"none\"\n",
    );
    let shown = place.run("config").stdout;
    for row in ["pre-build ", "media-types ", "all-layers ", "single-layer "] {
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

/// What `config` says of both spellings of one layer, `single-layer` and `split`, with their origin's layer.
fn layers_of(place: &Place, arguments: &str, variables: &[(&str, &str)]) -> (Value, Value, Value) {
    let mut config = place.tool(&format!("config --json {arguments}"));
    config.envs(variables.iter().copied());
    let said = settings(&run(&mut config))["settings"].clone();
    assert_eq!(said["split"]["origin"], said["single-layer"]["origin"], "{said}");
    let value = |key: &str| said[key]["value"].clone();
    (value("single-layer"), value("split"), said["split"]["origin"]["layer"].clone())
}

#[test]
fn of_both_spellings_of_one_layer_the_nearer_counts() {
    let file = |defaults: &str, function: &str, profile: &str| {
        format!(
            "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n{defaults}\n\
             [functions.fn]\npath = \"fn\"\n{function}\n[profiles.p]\n{profile}\n"
        )
    };
    let (none, auto, on, off) =
        ("split = \"none\"", "split = \"auto\"", "single-layer = true", "single-layer = false");
    let place = place(&file(none, "", ""));
    let two = |layer: &str| (json!(false), json!("auto"), json!(layer));
    let one = |layer: &str| (json!(true), json!("none"), json!(layer));
    assert_eq!(layers_of(&place, "", &[]), one("file"));
    assert_eq!(layers_of(&place, "", &[("LAMBDA_IMG_SINGLE_LAYER", "0")]), two("environment"));
    assert_eq!(layers_of(&place, "--split auto", &[]), two("command line"));
    for (above, below) in [(off, none), (auto, on), (auto, none)] {
        place.write("lambda-img.toml", file(below, above, ""));
        assert_eq!(layers_of(&place, "", &[]), two("file"), "{above} over {below}");
        assert_eq!(layers_of(&place, "", &[("LAMBDA_IMG_SPLIT", "none")]), one("environment"));
        assert_eq!(layers_of(&place, "--single-layer", &[]), one("command line"));
        place.write("lambda-img.toml", file("", below, above));
        assert_eq!(layers_of(&place, "--profile p", &[]), two("file"), "{above} over {below}");
    }
    // In one layer, what is on is one too many, and what is off leaves the new spelling.
    let variables = [("LAMBDA_IMG_SPLIT", "none"), ("LAMBDA_IMG_SINGLE_LAYER", "0")];
    assert_eq!(layers_of(&place, "", &variables), two("environment"));
    place.write("lambda-img.toml", file("", &format!("{none}\n{off}"), ""));
    assert_eq!(layers_of(&place, "", &[]), two("file"));
    place.write("lambda-img.toml", file("", &format!("{none}\n{on}"), ""));
    place.refuses(2, "config", &["line", "`single-layer`", "`split`"]);
    place.write("lambda-img.toml", file("", "all-layers = false\ndeep = true", ""));
    assert_eq!(settings(&place.run("config --json"))["settings"]["deep"]["value"], false);
    place.write("lambda-img.toml", file(none, off, ""));
    let shown = place.run("config").stdout;
    assert!(shown.contains("\n  single-layer ") && !shown.contains("\n  split "), "{shown}");
}

#[test]
fn both_spellings_as_variables_are_refused_and_a_wrong_old_one_is_no_secret() {
    let place = place("[functions.fn]\nruntime = \"provided.al2023\"\n");
    let refused = |variables: &[(&str, &str)], words: &[&str]| {
        place.refused(2, place.tool("config").envs(variables.iter().copied()), words);
    };
    for (old, new, value) in
        [("PREPARE", "PRE_BUILD", "true"), ("FORMAT", "MEDIA_TYPES", "oci"), ("DEEP", "ALL_LAYERS", "1")]
    {
        let (old, new) = (format!("LAMBDA_IMG_{old}"), format!("LAMBDA_IMG_{new}"));
        refused(
            &[(&old, value), (&new, value)],
            &[&format!("{new} and {old} both"), &format!("unset {old}")],
        );
    }
    let both = [("LAMBDA_IMG_SPLIT", "none"), ("LAMBDA_IMG_SINGLE_LAYER", "1")];
    refused(&both, &["LAMBDA_IMG_SINGLE_LAYER and LAMBDA_IMG_SPLIT both set `--single-layer`"]);
    let wrong = [("LAMBDA_IMG_SPLIT", "bogus"), ("LAMBDA_IMG_SINGLE_LAYER", "0")];
    refused(&wrong, &["LAMBDA_IMG_SPLIT", "`bogus` is not one of auto, none"]);
    let wrong = [("LAMBDA_IMG_FORMAT", "bogus"), ("LAMBDA_IMG_MEDIA_TYPES", "oci")];
    refused(&wrong, &["LAMBDA_IMG_FORMAT", "`bogus` is not one of oci, docker"]);
}

#[test]
fn a_flag_with_a_value_is_refused_with_a_short_usage() {
    let place = Place::new();
    for line in
        ["build --locked=true", "build --single-layer=true", "build --all --watch=1", "build -q --json=1"]
    {
        let said = place.refuses(2, line, &["no more were expected", "\nUsage: lambda-img build "]);
        let usage = said.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert!(usage.len() < 80 && !usage.contains('<') && !usage.contains("--split"), "{usage}");
    }
    place.refuses(2, "check --all-layers --deep=1", &["'--deep' is an older name of '--all-layers'"]);
}

#[test]
fn what_is_proposed_has_the_new_name() {
    let place = Place::new();
    for (typed, new) in [
        ("build --prepar x", "'--pre-build'"),
        ("build --forma oci", "'--media-types'"),
        ("build --splt none", "'--single-layer'"),
        ("check --ask-bas", "'--check-base-update'"),
        ("build --output-forma gitlab", "'--ci'"),
        ("inspect --dee", "'--all-layers'"),
        ("--prepare x build", "'build --pre-build' exists"),
    ] {
        let said = place.refuses(2, typed, &["tip: ", new]);
        let tips = said.lines().filter(|line| line.contains("tip: "));
        for tip in tips {
            let old = RENAMED.iter().find(|(old, _)| tip.contains(&format!("--{old}'")));
            assert!(old.is_none(), "{tip}");
        }
    }
}

#[test]
fn both_spellings_on_one_line_are_said_to_be_one_option() {
    let place = Place::new();
    for (typed, old, new) in [
        ("build --prepare x --pre-build y", "prepare", "pre-build"),
        ("build --media-types oci --format=oci", "format", "media-types"),
        ("check --deep --all-layers", "deep", "all-layers"),
    ] {
        let same = format!("'--{old}' is an older name of '--{new}'");
        place.refuses(2, typed, &["cannot be used multiple times", &same]);
    }
    place.refuses(2, "build --split none --single-layer", &["'--split <SPLIT>'", "'--single-layer'"]);
    let once = place.refuses(2, "build --pre-build x --pre-build y", &["cannot be used multiple times"]);
    assert!(!once.contains("older"), "{once}");
}
