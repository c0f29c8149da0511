//! Python: a function, and the packages that uv, Poetry, pipenv or pip install for it.

mod handlers;
mod packages;
mod versions;

use lambda_img::runtime::{Family, RuntimeProfile};

use super::draft::{Draft, Step, TemplateFunction};
use super::excludes;
use super::machine;
use super::runtimes;
use super::source::Source;
use packages::List;

/// What developers keep next to the code: lists of packages, and what tools make.
const UNNEEDED: [&str; 12] = [
    "**/__pycache__",
    "**/test_*.py",
    "**/conftest.py",
    "requirements*",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "Pipfile*",
    "setup.cfg",
    "tox.ini",
    "noxfile.py",
    "*.egg-info",
];

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let list = List::of(source);
    let is_project = list.is_some() || source.has("pyproject.toml");
    let handler = handlers::find(source, is_project);
    let asked_for = told.runtime.as_deref().is_some_and(|id| id.starts_with("python"));
    if !is_project && handler.is_none() && !asked_for {
        return Vec::new();
    }
    let runtime = match &told.runtime {
        Some(id) => runtimes::named(Family::Python, Some(id.clone())),
        None => versions::runtime(source),
    };
    let mut notes = Vec::new();
    if handler.is_none() && told.handler.is_none() {
        notes.push(
            "no `def lambda_handler(event, context)` was found: name the file and the function in `handler`"
                .to_owned(),
        );
    }
    let found = match list {
        Some(list) => source.path(list.file(source)),
        None if is_project => source.path("pyproject.toml"),
        None => "Python files".to_owned(),
    };
    let usual = || Some("lambda_function.lambda_handler".to_owned());
    let mut draft = Draft {
        name: told.name.clone(),
        found,
        // A template's handler begins where the template says that the code is.
        path: source
            .path(handler.as_ref().filter(|_| told.handler.is_none()).map_or("", |handler| handler.dir)),
        handler: told.handler.clone().or(handler.map(|handler| handler.name)).or_else(usual),
        ..Draft::default()
    };
    if let Some(list) = list {
        let mut step = list.step(source, &runtime, &mut notes);
        wheels(source, list, &mut step, &mut notes);
        bytecode(&runtime, &mut step, &mut draft);
        draft.steps.push(step);
    }
    let handler = told.handler.as_deref().or(draft.handler.as_deref());
    draft.excludes = excludes::of(source, &draft.path, handler, &UNNEEDED);
    draft.runtime = runtime.id;
    draft.notes = notes;
    vec![draft]
}

/// Names what has no wheel, and the two ways out.
fn wheels(source: &Source<'_>, list: List, step: &mut Step, notes: &mut Vec<String>) {
    for name in packages::without_wheels(source, list) {
        notes.push(format!(
            "`{name}` has no wheel, so it cannot be installed for Lambda's system: make one on Linux with the \
             runtime's Python (`pip wheel --no-deps --wheel-dir wheels {name}`) and add `--find-links wheels` to the \
             step, or, if it is Python alone, build it here: add `--no-binary {name}` to `uv pip install`"
        ));
        step.inputs.push("wheels".to_owned());
    }
    step.inputs.dedup();
}

/// Compiles the packages for the runtime where this machine has its Python; else accepts that they are not compiled.
fn bytecode(runtime: &RuntimeProfile, step: &mut Step, draft: &mut Draft) {
    let python = runtime.id.as_str();
    let own = machine::version(python, &["--version"], r"^Python (3\.\d+)");
    if own.is_some_and(|version| format!("python{version}") == python) {
        step.comments.push(format!(
            "The last command compiles bytecode, for faster starts: only {python} makes it for this runtime."
        ));
        // Files with the syntax of another version are no reason to fail.
        step.run += "python{python-version} -m compileall -qq -s {out} -p /var/task --invalidation-mode unchecked-hash {out} \\\n  \
                     || [ $? -eq 1 ]\n";
    } else {
        let why = format!("this machine has no {python} to compile bytecode with, which makes starts faster");
        draft.allowed.push(("bytecode-missing", why));
    }
}
