//! Ruby: a Gemfile, or files alone.

use lambda_img::runtime::Family;

use super::source::Source;
use super::{NOT_CODE, Sketch, Told, runtimes, word};

const HANDLER: &str = r"(?m)^def (?:self\.)?(lambda_handler|handler)\b";

pub fn functions(source: &Source<'_>, told: &Told) -> Vec<Sketch> {
    let first = ["lambda_function", "app", "main", "handler"];
    let handler = source.search("", 0, &[".rb"], &first, HANDLER);
    let gems = source.has("Gemfile");
    let asked_for = told.runtime.as_deref().is_some_and(|id| id.starts_with("ruby"));
    if !gems && handler.is_none() && !asked_for {
        return Vec::new();
    }
    let version = source
        .first(".ruby-version", r"(?m)^(?:ruby-)?(\d+\.\d+)")
        .or_else(|| source.first("Gemfile", r#"(?m)^\s*ruby\s+["'][~>= ]*(\d+\.\d+)"#));
    let out = told.made.clone();
    let mut notes = Vec::new();
    if gems {
        notes.push("gems with native code must be installed on Linux with the runtime's Ruby".to_owned());
    }
    if handler.is_none() && told.handler.is_none() {
        notes.push("no `def lambda_handler` was found: name file and method in `handler`".to_owned());
    }
    let install = format!(
        "mkdir -p {}\nBUNDLE_GEMFILE={} BUNDLE_PATH=\"$PWD\"/{} BUNDLE_WITHOUT=development:test bundle install\n",
        word(&out),
        word(&source.path("Gemfile")),
        word(&out)
    );
    let handler = handler.map(|(file, name)| format!("{}.{name}", file.trim_end_matches(".rb")));
    vec![Sketch {
        name: told.name.clone(),
        found: if gems { source.path("Gemfile") } else { "Ruby files".to_owned() },
        runtime: runtimes::named(Family::Ruby, version.map(|version| format!("ruby{version}"))).id,
        prepare: gems.then_some(install),
        path: source.path(""),
        handler: handler.or_else(|| Some("lambda_function.lambda_handler".to_owned())),
        adds: if gems { vec![format!("{out}:/var/task/vendor/bundle")] } else { vec![] },
        excludes: [&NOT_CODE[..], &["vendor/bundle"]].concat(),
        notes,
        ..Sketch::default()
    }]
}
