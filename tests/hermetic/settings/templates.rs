//! What `init` makes of templates: of each shape in `tests/data/templates`, and of hostile ones.

use std::fmt::Write;
use std::fs;

use super::{golden, run_in};
use crate::harness::common::{Place, Ran};
use crate::harness::suites::templates::{Shape, corpus};

/// The keys of a function that a template decides; how a language is installed is tested elsewhere.
const KEYS: [&str; 6] = ["runtime", "arch", "handler", "path", "lambda-layer", "env"];

#[test]
fn each_shape_becomes_what_is_written_beside_it() {
    let all = corpus();
    assert!(all.len() >= 55, "{}", all.len());
    for shape in all {
        let (place, ran) = shape.drafted();
        let written = fs::read_to_string(place.path("project/lambda-img.toml")).unwrap_or_default();
        golden(&format!("tests/data/templates/{}.want", shape.name), &outcome(&shape, &ran, &written));
        for name in written.lines().filter_map(|line| line.strip_prefix("[functions.")?.strip_suffix(']')) {
            let config = run_in(&place, "project", &format!("config {name}"));
            assert_eq!(config.code, Some(0), "{}: {config:?}\n{written}", shape.name);
        }
    }
}

#[test]
fn the_guide_shows_what_is_written_and_said() {
    let guide = corpus().into_iter().find(|shape| shape.name == "guide").unwrap();
    let (place, ran) = guide.drafted();
    let written = fs::read_to_string(place.path("project/lambda-img.toml")).unwrap();
    let page = fs::read_to_string("docs/guides/from-templates.md").unwrap();
    for (kind, there) in [("text", &ran.stderr), ("toml", &written)] {
        let block = page.split_once(&format!("```{kind}\n")).unwrap().1.split_once("```").unwrap().0;
        for line in block.lines() {
            assert!(there.lines().any(|other| other == line), "`{line}` is not in:\n{there}");
        }
    }
}

/// What came of it, without what hangs on this machine.
fn outcome(shape: &Shape, ran: &Ran, written: &str) -> String {
    let mut out = String::new();
    let told = ["error: ", "hint: ", "warning: "];
    for line in ran.stderr.lines().filter(|line| told.iter().any(|begin| line.starts_with(begin))) {
        writeln!(out, "{line}").unwrap();
    }
    if ran.code != Some(0) {
        assert!(written.is_empty(), "{}: {ran:?}", shape.name);
        return format!("exit {}\n{out}", ran.code.unwrap());
    }
    let settings: toml::Table =
        written.parse().unwrap_or_else(|error| panic!("{}: {error}\n{written}", shape.name));
    let found = ran.json();
    let texts: String = shape.files.iter().map(|(_, text)| text.as_str()).collect();
    for function in found["functions"].as_array().unwrap() {
        let name = function["name"].as_str().unwrap();
        let table = &settings["functions"][name];
        writeln!(out, "\n[{name}]").unwrap();
        for key in KEYS {
            if let Some(value) = table.get(key) {
                writeln!(out, "{key} = {}", json(value)).unwrap();
            }
        }
        // The others are those of the language.
        let excludes = table.get("exclude").and_then(toml::Value::as_array).into_iter().flatten();
        let told: Vec<&str> = excludes.filter_map(toml::Value::as_str).collect();
        let told: Vec<&&str> = told
            .iter()
            .filter(|pattern| texts.contains(&format!("{}'", pattern.trim_start_matches('!'))))
            .collect();
        if !told.is_empty() {
            writeln!(out, "exclude = [… {told:?}]").unwrap();
        }
        for step in table.get("step").and_then(toml::Value::as_array).into_iter().flatten() {
            let [name, run] = ["name", "run"].map(|key| step[key].as_str().unwrap());
            let to = step.get("to").and_then(toml::Value::as_str).unwrap_or("/var/task");
            writeln!(out, "step {name}: {} to {to}", json(&step["inputs"])).unwrap();
            let own = run.lines().filter(|line| {
                ["ARTIFACTS_DIR", "/esbuild ", "cp -R"].iter().any(|word| line.contains(word))
            });
            own.for_each(|line| writeln!(out, "    {line}").unwrap());
        }
        let from = format!("[functions.{name}]");
        let before = written.split(&from).next().unwrap_or_default();
        let remarks = before.rsplit("\n\n").next().unwrap_or_default().lines().skip(1);
        // Which programs there are hangs on the machine.
        let remarks = remarks.filter(|line| !line.starts_with("# TODO: install `"));
        remarks.for_each(|line| writeln!(out, "{line}").unwrap());
    }
    out
}

fn json(value: &toml::Value) -> String {
    serde_json::to_string(value).unwrap()
}

/// YAML of a few hundred bytes that stands for 9^10 words.
fn alias_bomb() -> String {
    let level = |at: usize| {
        let below = vec![format!("*a{}", at - 1); 9].join(",");
        format!("a{at}: &a{at} [{below}]\n")
    };
    "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned() + &(1..10).map(level).collect::<String>()
}

#[test]
fn hostile_templates_are_refused_in_words_and_within_bounds() {
    let functions = "Resources:\n  F: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: ., Runtime: python3.12, Handler: a.b}}\n";
    let merges = "<<: *a9\n";
    for (name, text, words) in [
        ("template.yaml", alias_bomb(), "more than 64 MiB"),
        ("serverless.yml", alias_bomb(), "more than 64 MiB"),
        ("template.yaml", alias_bomb() + merges, "more than 64 MiB"),
        (
            "sam.yaml",
            format!("a: &a {}\nb: [{}]", "x".repeat(500_000), "*a,".repeat(100_000)),
            "more than 64 MiB",
        ),
        (
            "template.yml",
            (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
            "more than 100 levels",
        ),
        ("template.json", "[".repeat(400_000), "line 1"),
        ("template.json", "{\"a\":".repeat(200_000), "line 1"),
        ("template.yaml", format!("Resources: {}", "[".repeat(400_000)), "line 1"),
        ("template.yaml", format!("{functions}# {}", "x".repeat(3 << 20)), "larger than 2 MiB"),
        ("template.yaml", "a: &a {b: *a}\n".to_owned(), "line 1: an alias stands for what it is in"),
        ("cdk.json", "{\"a\":".repeat(200_000), "`cdk.json` is not read"),
    ] {
        let place = Place::new();
        place.write("requirements.txt", "");
        place.write("lambda_function.py", "def lambda_handler(event, context):\n    return event\n");
        place.write(name, &text);
        let (peak, ran) = place.measured("init");
        assert!(peak < 192, "{name}: {peak} MiB");
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        assert!(ran.stderr.contains(words) && ran.stderr.contains("hint: "), "{name}, {words}: {ran:?}");
        assert!(!place.path("lambda-img.toml").exists(), "{name}");
    }
    let place = Place::new();
    place.write("template.yaml", [b"Resources:\n  \xff: 1\n".as_slice()].concat());
    place.refuses(2, "init", &["line 2", "not UTF-8"]);
}

#[test]
fn functions_in_functions_are_computed_within_bounds() {
    // Each doubles what is below it.
    let conditions: String =
        (1..60).map(|at| format!("  C{at}: !And [!Condition C{0}, !Condition C{0}]\n", at - 1)).collect();
    let values: String =
        (1..60).map(|at| format!("  v{at}: ${{self:custom.v{0}}}${{self:custom.v{0}}}\n", at - 1)).collect();
    let list = (0..40).fold("!Ref X".to_owned(), |below, _| format!("!Join ['', [{below}, {}]]", "x"));
    let function = "Type: 'AWS::Serverless::Function', Properties: {CodeUri: ., Runtime: python3.12";
    for (name, code, text) in [
        (
            "template.yaml",
            0,
            format!(
                "Conditions:\n  C0: !Equals [!Ref A, b]\n{conditions}Resources:\n  F: {{{function}, Handler: !If [C59, a.b, c.d]}}}}\n"
            ),
        ),
        (
            "template.yaml",
            0,
            format!(
                "Parameters: {{X: {{Default: {}}}}}\nResources:\n  F: {{{function}, Handler: {list}}}}}\n",
                "y".repeat(100_000)
            ),
        ),
        (
            "serverless.yml",
            2,
            format!(
                "provider: {{runtime: python3.12}}\ncustom:\n  v0: x\n{values}functions:\n  f: {{handler: '${{self:custom.v59}}'}}\n"
            ),
        ),
    ] {
        let place = Place::new();
        place.write("lambda_function.py", "def lambda_handler(event, context):\n    return event\n");
        place.write(name, &text);
        let (peak, ran) = place.measured("init");
        assert!(peak < 192, "{name}: {peak} MiB");
        assert_eq!(ran.code, Some(code), "{name}: {ran:?}");
        let words = if code == 0 { "which only a deployment knows" } else { "are left out" };
        assert!(ran.stderr.contains(words), "{name}: {ran:?}");
    }
}
