//! `sbom` of what is damaged, enormous, deep or hostile: a warning that names the file, and the rest of the list.

use std::fmt::Write as _;

use serde_json::Value;

use crate::harness::common::Place;

/// A function of these files, and the package that every list has.
fn function(files: &[(&str, Vec<u8>)]) -> Place {
    let place = Place::new();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    place.write("fn/sound.dist-info/METADATA", "Name: sound\nVersion: 1\n");
    for (name, bytes) in files {
        place.write(&format!("fn/{name}"), bytes);
    }
    place
}

const FUNCTION: &str = "fn -r provided.al2023 -b embedded --handler any";

/// The names of the components, and what is printed.
fn listed(place: &Place, arguments: &str) -> (Vec<String>, String) {
    let ran = place.run(&format!("sbom {arguments}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let names =
        document["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
    let gaps = document["metadata"]["properties"].as_array().unwrap().iter();
    let gaps = gaps.filter(|one| one["name"] == "lambda-img:not-listed").count();
    let warnings = ran.stderr.lines().filter(|line| line.starts_with("warning: not listed: `")).count();
    assert_eq!(gaps, warnings, "{}", ran.stderr);
    (names.collect(), ran.stderr)
}

#[test]
fn each_file_that_cannot_be_read_is_named_and_the_rest_is_listed() {
    let deep = [b"{\"a\":".repeat(100_000), b"1".to_vec()].concat();
    let large = [b"{\"name\":\"".to_vec(), b"x".repeat(17 << 20)].concat();
    for (name, bytes, why) in [
        ("node_modules/a/package.json", deep, "it is not JSON: recursion limit exceeded"),
        ("node_modules/a/package.json", large, "and at most 16777216 are read"),
        (
            "node_modules/a/package.json",
            b"{\"name\":\"a".to_vec(),
            "it is not JSON: EOF while parsing a string",
        ),
        ("node_modules/a/package.json", b"[]".to_vec(), "it is JSON, but not an object"),
        (
            "node_modules/a/package.json",
            b"{\"name\":\"../../a\",\"version\":\"1\"}".to_vec(),
            "`../../a`, which cannot be a name",
        ),
        ("node_modules/a/package.json", b"{\"name\":\"a\"}".to_vec(), "it has no version of a"),
        ("a.dist-info/METADATA", b"Name: a\nVersion: \xff\n".to_vec(), "it is not UTF-8 from byte 17 on"),
        ("a.dist-info/METADATA", b"Name: a/../b\nVersion: 1\n".to_vec(), "which cannot be a name"),
        ("a.dist-info/METADATA", b"".to_vec(), "it names no package"),
        ("a.jar", b"PK\x03\x04".to_vec(), "a.jar cannot be read as a jar"),
        ("a.deps.json", b"{\"libraries\":{\"a\":{\"type\":\"package\"}}}".to_vec(), "it has no version of a"),
        ("specifications/a.gemspec", b"Gem::Specification.new".to_vec(), "it names no package"),
    ] {
        let place = function(&[(name, bytes)]);
        let (names, told) = listed(&place, FUNCTION);
        assert!(names.contains(&"sound".to_owned()), "{names:?}");
        assert!(told.contains(&format!("warning: not listed: `/var/task/{name}`: ")), "{told}");
        assert!(told.contains(why), "{why}\n{told}");
    }
}

#[test]
fn thousands_of_components_are_listed_and_inspectors_limit_is_named() {
    let mut status = String::new();
    for number in 0..3000 {
        writeln!(status, "Package: p{number}\nStatus: install ok installed\nVersion: 1\n").unwrap();
    }
    let place = function(&[]);
    place.write("status", status);
    let (names, told) = listed(&place, &format!("{FUNCTION} --add status:/var/lib/dpkg/status"));
    assert_eq!(names.len(), 3001);
    assert!(
        told.contains("the list has 3001 components, and Amazon Inspector's ScanSbom takes at most 2000"),
        "{told}"
    );
}

#[test]
fn names_cannot_steer_a_terminal_and_faults_without_end_are_counted() {
    let names = (0..30).map(|number| format!("node_modules/p{number}/package.json"));
    let files: Vec<_> = names.map(|name| (name, b"\x1b[31m".to_vec())).collect();
    let files: Vec<_> = files.iter().map(|(name, bytes)| (&**name, bytes.clone())).collect();
    let place = function(&files);
    let ran = place.run(&format!("sbom {FUNCTION}"));
    assert!(
        ran.stderr.contains("warning: not listed: 10 more files, which the document names"),
        "{}",
        ran.stderr
    );
    let licence = function(&[(
        "e.dist-info/METADATA",
        "Name: e\nVersion: 1\nLicense: \u{202e}x\n".as_bytes().to_vec(),
    )]);
    let ran = licence.run(&format!("sbom {FUNCTION}"));
    assert!(ran.stdout.contains("\\u202ex") && !ran.stdout.contains('\u{202e}'), "{}", ran.stdout);
}

#[test]
fn a_document_is_replaced_at_once_and_nothing_is_written_after_an_error() {
    let place = function(&[]);
    place.write("bom.json", "old");
    assert_eq!(place.run(&format!("sbom {FUNCTION} --output bom.json -q")).code, Some(0));
    let text = std::fs::read_to_string(place.path("bom.json")).unwrap();
    assert!(text.starts_with("{\n  \"$schema\"") && text.ends_with("}\n"), "{text}");
    place.write("bom.json", "old");
    place.refuses(1, "sbom oci:missing --output bom.json", &["missing"]);
    assert_eq!(std::fs::read_to_string(place.path("bom.json")).unwrap(), "old");
    place.refuses(
        1,
        &format!("sbom {FUNCTION} --output bom.json/inside"),
        &["cannot create directory `bom.json`"],
    );
}
