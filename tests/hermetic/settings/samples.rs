//! Files that are right and files that are wrong, for the tool and for somebody else's validator.

use super::{golden, schema};
use crate::harness::common::{Place, run};
use crate::harness::suites::settings_samples::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn right_files_are_taken() {
    let all = samples("valid");
    assert!(all.len() >= 3);
    for (path, text) in all {
        let place = Place::new();
        place.write("lambda-img.toml", text);
        let ran = place.run("config . --runtime provided.al2023");
        assert_eq!(ran.code, Some(0), "{}: {ran:?}", path.display());
    }
}

#[test]
fn wrong_files_are_refused_with_line_field_and_values() {
    let all = samples("invalid");
    assert!(all.len() >= 25);
    for (path, text) in all {
        let words = said(&text, "expect");
        assert!(!words.is_empty(), "{}", path.display());
        let place = Place::new();
        place.write("lambda-img.toml", &text);
        place.script("fn/bootstrap", "#!/bin/sh\n");
        let refused = place.refuses(2, "build fn --runtime provided.al2023 --base embedded", &words);
        assert!(refused.starts_with("error: `lambda-img.toml`, line "), "{}: {refused}", path.display());
        assert!(refused.contains("\nhint: "), "{}: {refused}", path.display());
    }
}

#[test]
fn the_published_schema_is_the_tools() {
    golden("docs/schemas/lambda-img.schema.json", &format!("{:#}\n", schema()));
}

/// The keys of settings, without old names of theirs.
fn keys(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema["definitions"]["settings"]["properties"].as_object().unwrap();
    properties.iter().filter(|(_, property)| property["deprecated"] != true)
}

/// The options of `build --help`, without their dashes.
fn options() -> BTreeSet<String> {
    let help = Place::new().run("build --help").stdout;
    let option = |line: &str| {
        let rest = line
            .trim_start()
            .split_once("--")
            .filter(|(before, _)| before.is_empty() || before.ends_with(", "));
        let name: String = rest?.1.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        Some(name).filter(|name| !name.is_empty())
    };
    let indented = help.lines().filter(|line| line.starts_with("  ") && line.trim_start().starts_with('-'));
    indented.filter_map(option).collect()
}

#[test]
fn every_option_of_build_is_a_key_and_every_key_is_in_a_file_that_works() {
    let schema = schema();
    let keys: BTreeSet<_> = keys(&schema).map(|(key, _)| key.clone()).collect();
    let mut expected = options();
    assert!(expected.len() > 35, "{expected:?}");
    // What chooses settings or functions, or says where one run tells of itself, is none; the argument is one.
    let of_one_run = [
        "profile",
        "all",
        "changed-since",
        "watch",
        "fail-fast",
        "refresh",
        "audit-steps",
        "image-refs",
        "metadata-file",
        "ci",
    ];
    for gone in of_one_run.into_iter().chain(["color", "help", "version"]) {
        assert!(expected.remove(gone), "{gone}");
    }
    expected.insert("path".to_owned());
    // Those of `deploy`.
    expected.extend(["function", "alias", "publish", "tag-in-use"].map(str::to_owned));
    assert_eq!(keys, expected);
    // The sample has them all, and each reaches the build from there.
    let place = Place::new();
    let (_, text) = samples("valid").into_iter().find(|(path, _)| path.ends_with("everything.toml")).unwrap();
    place.write("lambda-img.toml", text);
    let mut reached = BTreeSet::new();
    for name in ["one", "two"] {
        let mut config = place.tool(&format!("config {name} --json"));
        let said = super::settings(&run(config.env_remove("LAMBDA_IMG_CACHE")));
        for (key, value) in said["settings"].as_object().unwrap() {
            if value["origin"]["layer"] == "file" {
                reached.insert(super::old_names::key_of(key).to_owned());
            }
        }
    }
    // How config prints is no setting of it.
    reached.insert("json".to_owned());
    // The object has the older form of `single-layer`, too.
    assert!(reached.remove("split"));
    assert_eq!(reached, keys);
}

#[test]
fn the_reference_is_the_tools() {
    let schema = schema();
    let kind = |value: &Value| match value {
        _ if value["enum"].is_array() => {
            let choices = value["enum"]
                .as_array()
                .unwrap()
                .iter()
                .map(|choice| format!("`{}`", choice.as_str().unwrap()));
            choices.collect::<Vec<_>>().join(", ")
        }
        _ if value["anyOf"].is_array() => "string or strings".to_owned(),
        _ if value["type"] == "object" => "table of strings".to_owned(),
        _ => value["type"].as_str().unwrap().to_owned(),
    };
    // The file's order is that of the help; JSON's is not.
    let help = Place::new().run("build --help").stdout;
    let names = |line: &str, key: &str| {
        let line = line.trim_start();
        let mut words =
            line.split([' ', ',', '.']).take_while(|word| word.starts_with('-') || word.is_empty());
        words.any(|word| word.strip_prefix("--") == Some(key))
    };
    let place = |key: &str| help.lines().position(|line| names(line, key)).unwrap_or_default();
    let mut keys: Vec<_> = keys(&schema).collect();
    keys.sort_by_key(|(key, _)| place(key));
    let mut table = "| key | value | what it is |\n|---|---|---|\n".to_owned();
    for (key, value) in keys {
        let about = value["description"].as_str().unwrap().replace('|', "\\|");
        table += &format!("| `{key}` | {} | {about} |\n", kind(value));
    }
    table += "\n| key of a registry | value | what it is |\n|---|---|---|\n";
    for (key, value) in
        schema["properties"]["registries"]["additionalProperties"]["properties"].as_object().unwrap()
    {
        table += &format!("| `{key}` | {} | {} |\n", kind(value), value["description"].as_str().unwrap());
    }
    let (begin, end) = ("<!-- keys: begin -->\n", "<!-- keys: end -->\n");
    let text = fs::read_to_string("docs/reference/settings.md").unwrap();
    let (before, rest) = text.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    golden("docs/reference/settings.md", &format!("{before}{begin}{table}{end}{after}"));
}

/// The pages that show settings: the README and all of `docs/`.
fn with_settings() -> Vec<String> {
    let (mut found, mut ahead) = (vec!["README.md".to_owned()], vec!["docs".to_owned()]);
    while let Some(dir) = ahead.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() { &mut ahead } else { &mut found };
            if path.is_dir() || path.extension().is_some_and(|extension| extension == "md") {
                list.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn what_the_documentation_shows_is_right() {
    let mut seen = 0;
    for document in with_settings() {
        let text = fs::read_to_string(&document).unwrap();
        for block in text.split("```toml\n").skip(1) {
            let place = Place::new();
            place.write("lambda-img.toml", block.split("```").next().unwrap());
            let ran = place.run("config . --runtime provided.al2023 --output oci:out");
            assert_eq!(ran.code, Some(0), "{document}: {ran:?}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}
