//! Many functions in one process: `examples/fleet`, and what becomes of the others when one fails.

mod recipes;

use crate::harness::common;
use crate::harness::common::{conforms, json_at, must, tags, temporaries};
use crate::harness::helpers;
use crate::harness::layout::program;
use crate::harness::suites::fleet::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

#[test]
fn named_functions_and_json_are_by_name() {
    let place = example();
    let ran = ok(place.run("build mail-send health mail-send -a x86_64 --json"));
    conforms(&place, SCHEMA, &ran.stdout);
    let said = ran.json();
    let functions: Vec<_> =
        said["functions"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(functions, ["health", "mail-send"]);
    assert_eq!(said["functions"][0]["built"]["runtime"], "provided.al2023");
    assert_eq!(tags(&place.path("lambda-image")).len(), 2);
}

#[test]
fn one_that_fails_leaves_the_others() {
    let place = example();
    // A program for arm64.
    fs::write(place.path("functions/health/bootstrap"), program(183)).unwrap();
    let ran = place.run("build --all -a x86_64");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let built = names(&ran);
    assert!(!built.contains(&"health".to_owned()), "{built:?}");
    assert!(ran.stderr.contains("health:\nerror: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 1 of 20 functions failed: `health`\n"), "{}", ran.stderr);
    assert_eq!(tags(&place.path("lambda-image")).len(), built.len());
    built.iter().for_each(|name| drop(place.image("lambda-image", name)));

    let ran = place.run("build health queue-drain -a x86_64 --json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    conforms(&place, SCHEMA, &ran.stdout);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(said["functions"][0]["exit_code"], 1, "{said}");
    assert!(said["functions"][0]["error"].is_string() && said["functions"][1]["built"].is_object());

    // With one thread the order is that of the names.
    let ran = place.run("build --all -a x86_64 --fail-fast -j 1 -o oci:fast:{name}");
    assert_eq!(ran.code, Some(2), "the command line knows no names: {}", ran.stderr);
    fs::remove_dir_all(place.path("lambda-image")).unwrap();
    let ran = place.run("build --all -a x86_64 --fail-fast -j 1 --metadata-file fast.json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    // What was begun beside it comes to its end.
    let fast = names(&ran);
    assert!(fast.len() < 8 && built.starts_with(&fast), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 1 of 20 functions failed: `health`; "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with(" of 20 not built\n"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    let said = json_at(&place.path("fast.json"));
    conforms(&place, SCHEMA, &said.to_string());
    assert_eq!(said["functions"][19], json!({ "name": "search-query" }), "not begun");
    assert_eq!(temporaries(&place.path(".")), Vec::<String>::new());
}

#[test]
fn a_terminal_shows_a_line_for_each_function() {
    let place = example();
    place.sparse("functions/health/large", 1 << 30);
    let build = |options: &str| {
        let mut script = place.program("script");
        let tool = place.tool("");
        let environment = tool.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let command = format!("{} build -a x86_64 {options}", tool.get_program().display());
        script.envs(environment).args(["-qec", &command, "/dev/null"]);
        let ran = must(&mut script);
        ran.stdout.replace('\r', "\n")
    };
    let shown = build("--all");
    let moving =
        shown.lines().filter(|line| line.contains("health  packing  ") && line.contains(" of 1.07 GB, "));
    assert!(moving.clone().count() > 1 && moving.clone().all(|line| line.contains("/s")), "{shown}");
    let shown = build("health");
    assert!(shown.contains("health  packing  ") || shown.contains("reused"), "{shown}");
    for quiet in ["--all -q", "health -q --no-cache"] {
        let shown = build(quiet);
        assert!(
            shown.lines().all(|line| line.is_empty() || line.starts_with("oci:lambda-image:")),
            "{shown}"
        );
    }
}

#[test]
fn both_registries_get_every_blob_once() {
    let place = example();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let servers = folders.each_ref().map(|folder| helpers::docker_registry(folder.path(), "", ""));
    let hosts = servers.each_ref().map(|server| server.host.clone());
    let tag = hosts.each_ref().map(|host| format!("\"{host}/shop/{{name}}:v1\"")).join(", ");
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let file = file.replace("\"registry.example/shop/{name}:v1\"", &format!("[{tag}]"));
    fs::write(place.path("lambda-img.toml"), file).unwrap();
    let ran = ok(place.run("build --all --push --json"));
    conforms(&place, SCHEMA, &ran.stdout);
    let said = ran.json();
    let mut sent: BTreeMap<String, u64> = BTreeMap::new();
    let mut mounted = 0;
    let mut blobs = BTreeSet::new();
    for image in said["functions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["built"]["images"].as_array().unwrap())
    {
        blobs.insert(image["config_digest"].to_string());
        blobs.extend(image["layers"].as_array().unwrap().iter().map(|layer| layer["digest"].to_string()));
        let pushed = image["pushed"].as_array().unwrap();
        assert_eq!(pushed.len(), 2, "{image}");
        for one in pushed {
            let host = one["reference"].as_str().unwrap().split('/').next().unwrap().to_owned();
            *sent.entry(host).or_default() += one["blobs"]["sent"].as_u64().unwrap();
            mounted += one["blobs"]["mounted"].as_u64().unwrap();
        }
    }
    // What went ahead of a push counts as its own.
    assert_eq!(sent, hosts.iter().map(|host| (host.clone(), blobs.len() as u64)).collect());
    assert!(mounted > 0);
    let lines = ok(place.run("build --all --push"));
    let pushed: Vec<_> = lines.stdout.lines().collect();
    assert_eq!(pushed.len(), 80, "what is written here is not published: {}", lines.stdout);
    assert!(!lines.stdout.contains("oci:"), "{}", lines.stdout);
    assert!(lines.stderr.contains("; written to oci:lambda-image:health-x86_64\n"), "{}", lines.stderr);
    for line in pushed.into_iter().step_by(13) {
        must(place.program("skopeo").args([
            "inspect",
            "--tls-verify=false",
            "--raw",
            &format!("docker://{line}"),
        ]));
    }
}

#[test]
fn a_push_that_stopped_has_its_place_in_the_object() {
    let place = example();
    let folder = tempfile::tempdir().unwrap();
    let server = helpers::docker_registry(folder.path(), "", "");
    let tags = format!("[\"{}/{{name}}:v1\", \"127.0.0.1:1/{{name}}:v1\"]", server.host);
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let file = file.replace("\"registry.example/shop/{name}:v1\"", &tags);
    fs::write(place.path("lambda-img.toml"), file).unwrap();
    let ran = place.run("build health queue-drain -a x86_64 --push --retries 0 --json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    conforms(&place, SCHEMA, &ran.stdout);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let health = &said["functions"][0];
    assert_eq!(health["not_pushed"], json!(["127.0.0.1:1/health:v1"]));
    assert_eq!(health["pushed"][0]["tags"], json!(["v1"]));
    // The schema can say no: half of it, both ends of a function, another version.
    let change = |change: &dyn Fn(&mut Value)| {
        let mut other = said.clone();
        change(&mut other);
        other.to_string()
    };
    let wrong = [
        change(&|it| drop(it["functions"][0].as_object_mut().unwrap().remove("pushed"))),
        change(&|it| it["functions"][0]["built"] = json!({})),
        change(&|it| it["version"] = json!(2)),
    ];
    for document in wrong {
        let refused = std::panic::catch_unwind(|| conforms(&place, SCHEMA, &document));
        assert!(refused.is_err(), "{document}");
    }
}

#[test]
fn pipelines_are_told() {
    let place = example();
    let mut tool = place
        .tool("build health mail-send -a x86_64 --image-refs refs --metadata-file meta.json --ci github");
    let ran = ok(common::run(
        tool.env("GITHUB_OUTPUT", place.path("out")).env("GITHUB_STEP_SUMMARY", place.path("sum")),
    ));
    assert_eq!(fs::read_to_string(place.path("refs")).unwrap(), ran.stdout);
    assert_eq!(json_at(&place.path("meta.json"))["functions"].as_array().map(Vec::len), Some(2));
    let first = ran.stdout.lines().next().unwrap();
    let (_, digest) = first.split_once('@').unwrap();
    let outputs = fs::read_to_string(place.path("out")).unwrap();
    let expected =
        format!("image={first}\ndigest={digest}\nimages<<end of images\n{}end of images\n", ran.stdout);
    assert_eq!(outputs, expected);
    let summary = fs::read_to_string(place.path("sum")).unwrap();
    assert_eq!(summary.lines().filter(|line| line.starts_with("| ") && line.contains("sha256:")).count(), 2);

    let one = ok(place.run("build health -a x86_64 --ci gitlab --metadata-file one.json"));
    let dotenv = fs::read_to_string(place.path("lambda-img.env")).unwrap();
    assert_eq!(dotenv, format!("LAMBDA_IMG_IMAGE={}LAMBDA_IMG_DIGEST={digest}\n", one.stdout));
    conforms(&place, SCHEMA, &fs::read_to_string(place.path("one.json")).unwrap());
    assert_eq!(json_at(&place.path("one.json"))["images"][0]["digest"], Value::from(digest));
    let mut tool = place.tool("build health -a x86_64 --ci github");
    let ran = common::run(tool.env_remove("GITHUB_OUTPUT"));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}
