//! Templates in the hands of those whose they are: SAM's transform says the same of runtime, handler and path, PyYAML and
//! js-yaml read the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::deploy::modules;
use crate::harness::common::{Place, must};
use crate::harness::suites::templates::{Shape, corpus};

#[path = "../../../src/cli/init/template/node.rs"]
#[allow(dead_code)]
mod node;
#[path = "../../../src/cli/init/template/pairs.rs"]
mod pairs;
#[path = "../../../src/cli/init/template/scalar.rs"]
mod scalar;
#[path = "../../../src/cli/init/template/tags.rs"]
mod tags;
#[path = "../../../src/cli/init/template/yaml.rs"]
mod yaml;

use node::{Node, Value};
use scalar::Dialect;

const TEMPLATES: [&str; 4] = ["template.yaml", "template.yml", "template.json", "sam.json"];

fn judge(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/templates").join(name).display().to_string()
}

/// What a judge says of each of these files.
fn judged(program: &mut Command, files: &[PathBuf]) -> Vec<Json> {
    must(program.args(files)).json().as_array().unwrap().clone()
}

#[test]
fn sams_own_transform_says_the_same_of_runtime_handler_and_path() {
    let drafted = corpus().into_iter().filter_map(|shape| {
        let file =
            shape.files.iter().map(|(path, _)| path).find(|path| TEMPLATES.contains(&path.as_str()))?.clone();
        let (place, ran) = shape.drafted();
        // What is refused, or has nothing of a template, is not compared.
        (ran.code == Some(0) && shape.name != "sam-without-functions").then_some((shape, file, place, ran))
    });
    let drafted: Vec<_> = drafted.collect();
    let files: Vec<_> =
        drafted.iter().map(|(_, file, place, _)| place.path(&format!("project/{file}"))).collect();
    let place = Place::new();
    let said = judged(place.program("python3").arg(judge("judge.py")).arg("sam"), &files);
    let mut compared = 0;
    for ((shape, file, place, ran), said) in drafted.iter().zip(&said) {
        let written = fs::read_to_string(place.path("project/lambda-img.toml")).unwrap();
        let functions = said.as_object().unwrap();
        assert!(!functions.is_empty(), "{}", shape.name);
        for (id, function) in functions {
            compared += compare(shape, id, function, &written, file, &ran.stderr);
        }
    }
    assert!(said.len() >= 30 && compared >= 110, "{} templates, {compared} values", said.len());
}

/// Compares a function; returns how many values were.
fn compare(shape: &Shape, id: &str, function: &Json, written: &str, file: &str, stderr: &str) -> usize {
    let at = format!("{}: {id}", shape.name);
    let Some((_, rest)) = written.split_once(&format!("# `{id}` of {file}\n")) else {
        assert!(
            stderr.contains(&format!("`{id}` is left out")),
            "{at} is not there, and that is not said: {stderr}"
        );
        return 1;
    };
    let own = rest.split("\n\n# from").next().unwrap();
    let name = own.split_once("[functions.").unwrap().1.split_once(']').unwrap().0.to_owned();
    let settings: toml::Table = written.parse().unwrap();
    let table = &settings["functions"][name.as_str()];
    let to_do = own.split("[functions.").next().unwrap();
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let mut compared = 0;
    for key in ["runtime", "handler"] {
        if let Some(said) = function[key].as_str().filter(|said| !to_do.contains(*said)) {
            assert_eq!(text(key).as_deref(), Some(said), "{at}: {key}");
            compared += 1;
        }
    }
    if let Some(said) = function["path"].as_str().filter(|said| !said.starts_with("..")) {
        match text("path") {
            Some(path) => assert_eq!(path, said, "{at}: path"),
            // All of it is made by steps, which read the directory.
            None => {
                let inputs = table["step"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|step| step["inputs"].as_array().unwrap());
                let mut inputs = inputs.filter_map(toml::Value::as_str);
                assert!(inputs.any(|input| said == "." || input.starts_with(said)), "{at}: {table:?}");
            }
        }
        compared += 1;
    }
    let archs: Option<Vec<&str>> =
        function["arch"].as_array().and_then(|all| all.iter().map(Json::as_str).collect());
    if let Some(archs) = archs {
        let own = table.get("arch").and_then(toml::Value::as_array);
        let own: Vec<&str> =
            own.map_or(vec!["x86_64"], |all| all.iter().filter_map(toml::Value::as_str).collect());
        assert_eq!(own, archs, "{at}: arch");
        compared += 1;
    }
    compared
}

/// Documents that are easily read otherwise.
const DOCUMENTS: [&str; 61] = [
    "a: 1\nb: two\n",
    "",
    "# nothing\n",
    "---\na: 1\n...\n",
    "%YAML 1.2\n---\na: 1\n",
    "\u{feff}a: 1\n",
    "a: 1\r\nb:\r\n  - x\r\n",
    "{a: 1, \"b\": [x, y,], c: {d: e}}\n",
    "{\"a\": \"\\u00e9\\n\", \"b\": null}\n",
    "a: [1, 2,\n  3]\n",
    "a: yes\nb: no\nc: on\nd: Off\ne: y\nf: true\ng: TRUE\n",
    "a: ~\nb: null\nc: NULL\nd:\ne: nULL\n",
    "a: 010\nb: 0o10\nc: 0x1F\nd: 0b11\ne: 1_000\nf: +5\ng: -0\nh: 08\n",
    "a: 1.10\nb: 1e3\nc: 1.5e+3\nd: .5\ne: 1.\nf: 1.5e3\ng: 5e\n",
    "a: 1:30\nb: 190:20:30\nc: 12:34:56.7\nd: 0:10\n",
    "a: 012345678901\nb: 123456789012\nc: 3.12\nd: '3.10'\n",
    "a: \"tab\\tquote\\\" nl\\n \\x41 \\u0042 \\/ \\e\"\n",
    "a: 'it''s'\nb: \"two\n  lines\"\nc: two\n  lines\n\n  and three\n",
    "a: |\n  one\n  two\nb: |-\n  one\nc: |+\n  one\n\nd: >\n  one\n  two\n\n  three\ne: >-\n  x\n",
    "a: |2\n    indented\n   less\nb: >1\n  x\n",
    "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n",
    "base: &b {a: 1, c: 2}\nother: &o {a: 3, d: 4}\nm:\n  <<: [*b, *o]\n  c: 5\n",
    "m:\n  a: 1\n  <<: {a: 2, b: 3}\n",
    "m: {<<: &i {x: 1}, y: *i}\n",
    "m:\n  \"<<\": {a: 1}\n",
    "a: &s text\nb: *s\n*s : key\n",
    "- a\n- - b\n  - c\n- d: e\n  f: g\n",
    "a:\n- x\n- y\nb:\n  - z\n",
    "? a\n: b\n? c\n: - d\n",
    "? |\n  a\n: b\n",
    "a: !!str 1\nb: !!int \"2\"\nc: !!bool \"true\"\nd: !!null \"\"\ne: ! 3\n",
    "a: b: c\n",
    "a: 'x\n",
    "a: [1\n",
    "a: }\n",
    "a: @x\n",
    "a: `x\n",
    "a: %x\n",
    "a: -x\nb: ?x\nc: :x\nd: x#y\ne: x #y\nf: a:b\ng: http://x\n",
    "a:\tb\n",
    "a:\n\tb: 1\n",
    "a: 1\n b: 2\n",
    "a: 1\na: 2\n",
    "a: {b: 1, b: 2}\n",
    "a: *nothing\n",
    "a: 2012-10-17\nb: '2012-10-17'\nc: 2012-10-17T10:00:00Z\n",
    "\"a b\": 1\n'c': 2\n3: x\ntrue: y\nnull: z\n1.5: w\n",
    "a: \"line \\\n  folded\"\n",
    "a: ''\nb: \"\"\nc: ' '\n",
    "a: # comment\n  b\nc: d # e\n# f\n",
    "a: [a b, 'c, d', {e: f}, [g]]\nb: {a, b: , c: d}\n",
    "a: [\n# comment\nx # y\n]\n",
    "a: - b\n",
    "- a: 1\n  b: 2\n-\n  c: 3\n- \n",
    "a: \"\\ud83d\\ude00\"\n",
    "a: ${self:custom.x, 'y'}\nb: '{{resolve:ssm:/x}}'\nc: \"{{x}}\"\n",
    "a: {{x}}\n",
    "é: ü\n日本: \"語\"\n",
    "a: 1\n---\nb: 2\n",
    "a: .inf\nb: x.y\nc: 1__0\nd: _1\ne: 1_\n",
    "a: 99999999999999999999\n",
];

/// Documents of CloudFormation, whose tags js-yaml alone does not know.
const TAGGED: [&str; 6] = [
    "a: !Ref x\nb: !Sub 'y ${z}'\nc: !GetAtt a.b.c\nd: !GetAtt [a, b]\n",
    "a: !If [c, !Ref x, {y: !Base64 z}]\n",
    "a: !Join\n  - ','\n  - - x\n    - !Ref y\n",
    "a: !Sub\n  - '${x}'\n  - x: 1\n",
    "a: !Condition c\nb: !Equals [a, 1]\nc: !Sub |\n  text ${x}\n",
    "a: !FindInMap [m, !Ref 'AWS::Region', 12]\nb: !ImportValue\n  Fn::Sub: x\n",
];

fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null | Value::Unknown(_) => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Integer(number) => json!(*number as f64),
        Value::Float(number) if number.is_finite() => json!(number),
        Value::Float(_) => Json::Null,
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(pairs) => pairs.iter().map(|(name, node)| (name.clone(), plain(node))).collect(),
    }
}

/// What the others read and ours refuses, by naming the line: a value that ends in a comment before its bracket, and
/// half characters, of which JSON alone is made.
const REFUSED_ALONE: [&str; 2] = ["a: [\n# comment\nx # y\n]\n", "a: \"\\ud83d\\ude00\"\n"];

/// The same of js-yaml alone: a tab after a colon, and a key that is a mapping.
const REFUSED_ALONE_JS: [&str; 2] = ["a:\tb\n", "a: {{x}}\n"];

/// Numbers of the other reader as numbers of one kind; what JSON has no word for is nothing.
fn alike(value: &Json) -> Json {
    match value {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(items) => items.iter().map(alike).collect(),
        Json::Object(pairs) => pairs.iter().map(|(name, value)| (name.clone(), alike(value))).collect(),
        other => other.clone(),
    }
}

/// What another reader and ours make of a document: the same, or ours names a line. Returns what differs, and what ours
/// refuses alone.
fn same(document: &str, dialect: Dialect, other: &Json) -> Option<String> {
    match yaml::load(document, dialect) {
        Ok((node, _)) => {
            let (own, other) = (plain(&node), alike(&other["read"]));
            (own != other && !other.is_null()).then(|| format!("{document:?}: {own}, not {other}"))
        }
        Err(refused) => {
            assert!(refused.line > 0, "{document:?}: {refused:?}");
            (other["refused"].is_null()).then(|| document.to_owned())
        }
    }
}

/// The documents as files.
fn written<'a>(place: &Place, documents: impl Iterator<Item = &'a &'a str>) -> Vec<PathBuf> {
    documents.enumerate().map(|(at, document)| place.write(&format!("{at}.yaml"), document)).collect()
}

#[test]
fn yaml_is_read_as_pyyaml_reads_it() {
    let place = Place::new();
    let documents = || DOCUMENTS.iter().chain(&TAGGED);
    let files = written(&place, documents());
    let said = judged(place.program("python3").arg(judge("judge.py")).arg("yaml"), &files);
    let alone = documents().zip(&said).filter_map(|(document, said)| same(document, Dialect::PyYaml, said));
    assert_eq!(alone.collect::<Vec<_>>(), REFUSED_ALONE);
}

#[test]
fn yaml_is_read_as_js_yaml_reads_it() {
    let place = Place::new();
    // Dates become objects there.
    let documents = || DOCUMENTS.iter().filter(|document| !document.contains("2012-"));
    let files = written(&place, documents());
    let said =
        judged(place.program("node").arg(judge("judge.js")).env("NODE_PATH", modules("serverless")), &files);
    let alone = documents().zip(&said).filter_map(|(document, said)| same(document, Dialect::JsYaml, said));
    let mut expected = [REFUSED_ALONE, REFUSED_ALONE_JS].concat();
    expected.sort_by_key(|document| DOCUMENTS.iter().position(|other| other == document));
    assert_eq!(alone.collect::<Vec<_>>(), expected);
}
