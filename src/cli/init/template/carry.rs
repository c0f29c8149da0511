//! From what a template says of a function to its draft.

use crate::cli::init::draft::{Draft, Step, TemplateFunction};
use crate::cli::init::source::Source;
use crate::cli::init::told::{LayerBuild, Told};
use crate::cli::show::shell::word;

/// Names of steps that make Lambda layers: a function has five at most (Lambda's quotas).
const STEPS: [&str; 5] = ["layer", "layer-2", "layer-3", "layer-4", "layer-5"];

/// Lists of packages, which a Lambda layer does not need.
const LISTS: [&str; 9] = [
    "requirements.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "Pipfile",
    "Pipfile.lock",
    "package.json",
    "package-lock.json",
    "yarn.lock",
];

/// A function whose code is built as it is there.
pub fn as_it_is(function: &TemplateFunction, source: &Source<'_>) -> Draft {
    let path = source.path("");
    let mut draft = Draft { found: "the template alone".to_owned(), ..Draft::of(function) };
    if !source.root.join(&path).exists() {
        let note = format!(
            "there is no `{path}` yet: make it before the build, or set an existing directory in `path`"
        );
        draft.notes.push(note);
    }
    Draft { path, ..draft }
}

/// A function that a target of a Makefile makes.
pub fn by_make(function: &TemplateFunction, target: &str, source: &Source<'_>) -> Draft {
    let step = Step { name: "code", ..make(target, source) };
    Draft { found: source.path("Makefile"), steps: vec![step], ..Draft::of(function) }
}

/// SAM's contract with a Makefile: the target fills the directory that `ARTIFACTS_DIR` names.
fn make(target: &str, source: &Source<'_>) -> Step {
    let dir = source.path("");
    let (within, inputs) = match dir.as_str() {
        "." => (String::new(), vec![dir, "!lambda-img.*".to_owned()]),
        _ => (format!("-C {} ", word(&dir)), vec![dir]),
    };
    Step { run: format!("ARTIFACTS_DIR={{out}} make {within}{}\n", word(target)), inputs, ..Step::default() }
}

/// One draft of those of a directory: the template has one function there.
pub fn one_of(function: &TemplateFunction, drafts: Vec<Draft>) -> Option<Draft> {
    let names: Vec<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    let wanted = function.told.binary.as_ref().unwrap_or(&function.name);
    let at = names.iter().position(|name| name == wanted || *name == function.name);
    let close = || names.iter().position(|name| function.name.contains(name.as_str()));
    let chosen = at.or_else(close);
    let mut draft = drafts.into_iter().nth(chosen.unwrap_or(0))?;
    if names.len() > 1 && chosen.is_none() {
        draft.notes.push(format!(
            "its directory makes `{}`, and the template does not say which of them it is: change the step",
            names.join("`, `")
        ));
    }
    draft.name.clone_from(&function.name);
    Some(draft)
}

/// Adds to a draft what the template says besides the code. `draft_of` drafts the directory of a Lambda layer as a
/// function of a runtime.
pub fn carry(
    told: &Told,
    draft: &mut Draft,
    source: &Source<'_>,
    draft_of: &dyn Fn(&str, &str) -> Option<Draft>,
) {
    draft.env.extend(told.env.iter().cloned());
    draft.lambda_layers.extend(told.layers.iter().cloned());
    // What steps make has been chosen already.
    if !draft.path.is_empty() {
        draft.excludes.extend(told.excludes.iter().cloned());
    }
    draft.remarks.insert(0, told.from.clone());
    draft.remarks.extend(told.remarks.iter().cloned());
    draft.notes.extend(told.notes.iter().cloned());
    for (build, name) in told.layer_builds.iter().zip(STEPS) {
        match layer(build, source.root, draft_of) {
            Ok(step) => {
                let comments =
                    [vec![format!("the Lambda layer {} of the template", build.name)], step.comments]
                        .concat();
                draft.steps.push(Step { name, comments, ..step });
            }
            Err(note) => draft.notes.push(note),
        }
    }
}

/// The step that makes a Lambda layer as SAM does.
fn layer(
    build: &LayerBuild,
    root: &std::path::Path,
    draft_of: &dyn Fn(&str, &str) -> Option<Draft>,
) -> Result<Step, String> {
    let source = Source { root, dir: &build.dir };
    let to = match build.method.as_str() {
        "makefile" => return Ok(Step { to: "/opt", ..make(&format!("build-{}", build.name), &source) }),
        method if method.starts_with("python") => "/opt/python",
        method if method.starts_with("nodejs") => "/opt/nodejs",
        method => {
            return Err(format!(
                "the Lambda layer `{}` is built by SAM for `{method}`: add a step that makes it in `to = \"/opt\"`",
                build.name
            ));
        }
    };
    let draft = draft_of(&build.dir, &build.method);
    let dependencies =
        draft.into_iter().flat_map(|draft| draft.steps).find(|step| step.name == "dependencies");
    let mut step = dependencies.unwrap_or_default();
    step.run = step.run.replace("-p /var/task", &format!("-p {to}"));
    let own =
        source.names("").into_iter().any(|name| !LISTS.contains(&name.as_str()) && name != "node_modules");
    if own {
        let dir = source.path("");
        step.run += &format!("cp -R {}/. {{out}}/\n", word(&dir));
        let lists = LISTS.into_iter().filter(|name| source.has(name)).map(|name| format!(" {{out}}/{name}"));
        let lists: String = lists.collect();
        if !lists.is_empty() {
            step.run += &format!("rm -f{lists}\n");
        }
        step.inputs = vec![dir];
    }
    Ok(Step { to, ..step })
}
