//! A custom runtime of one's own: a script called `bootstrap`, with the files that it runs.

use lambda_img::runtime::Family;

use super::draft::{Draft, TemplateFunction};
use super::excludes;
use super::runtimes;
use super::source::Source;

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    if source.first("bootstrap", r"\A(#!)").is_none() {
        return Vec::new();
    }
    // AWS's tutorial has `function.sh` with `function handler () { … }`.
    let first = ["function", "handler", "main"];
    let script = source.search("", 0, &[".sh"], &first, r"(?m)^(?:function\s+)?(\w+)\s*\(\)\s*\{?");
    let handler = script.map(|(file, name)| format!("{}.{name}", file.trim_end_matches(".sh")));
    let path = source.path("");
    vec![Draft {
        name: told.name.clone(),
        found: source.path("bootstrap"),
        runtime: runtimes::newest(Family::Custom).id,
        excludes: excludes::of(source, &path, handler.as_deref(), &[]),
        path,
        handler,
        ..Draft::default()
    }]
}
