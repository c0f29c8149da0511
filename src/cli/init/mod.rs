//! Finds the functions in a directory. Each language and each kind of template has a file.

mod bootstrap;
mod dotnet;
pub mod draft;
mod excludes;
pub mod gitignore;
mod go;
mod java;
mod machine;
mod nodejs;
mod python;
mod ruby;
mod runtimes;
mod rust;
mod shell;
mod source;
mod templates;
pub mod text;
pub mod trial;
mod yaml;

use std::path::Path;

use lambda_img::runtime::{self, Family};

use draft::{Draft, TemplateFunction, name_of};
use source::{Source, below, slashed};

/// The functions of a directory: those of its template, else those of its language, else those of the
/// directories in it, two down at most. `warnings` gets what the user should know of files that were passed over.
pub fn functions(root: &Path, name: &str, warnings: &mut Vec<String>) -> Vec<Draft> {
    let told = templates::functions(root, warnings);
    let mut drafts = if told.is_empty() { untold(root, name, "", 2) } else { as_told(root, told) };
    let mut names: Vec<String> = Vec::new();
    for draft in &mut drafts {
        // Directories of different parents may be called the same.
        let free = |name: &String| !names.contains(name);
        let numbered = (2..).map(|number| format!("{}-{number}", draft.name));
        if let Some(name) = std::iter::once(draft.name.clone()).chain(numbered).find(free) {
            draft.name.clone_from(&name);
            names.push(name);
        }
        settle(root, draft);
    }
    drafts
}

/// What holds for every language: inputs that are there, and programs that are.
fn settle(root: &Path, draft: &mut Draft) {
    for step in &mut draft.steps {
        let written: Vec<&str> = draft.files.iter().map(|(name, _)| *name).collect();
        let is_pattern = |path: &str| path.starts_with('!') || path.contains(['*', '?', '[']);
        step.inputs.retain(|path| is_pattern(path) || written.contains(&&**path) || root.join(path).exists());
        let mut seen = Vec::new();
        step.inputs.retain(|path| {
            let is_new = !seen.contains(path);
            seen.push(path.clone());
            is_new
        });
        for program in step.programs.iter().filter(|program| !machine::has(program)) {
            let note = format!(
                "install `{program}`, which the step `{}` runs: this machine does not have it",
                step.name
            );
            if !draft.notes.contains(&note) {
                draft.notes.push(note);
            }
        }
    }
}

/// The functions of a template.
fn as_told(root: &Path, told: Vec<TemplateFunction>) -> Vec<Draft> {
    let drafts = |told: TemplateFunction| {
        let found = language(root, &told);
        if found.is_empty() { vec![unknown(root, told)] } else { found }
    };
    told.into_iter().flat_map(drafts).collect()
}

/// The functions of a directory of which no template tells.
fn untold(root: &Path, name: &str, dir: &str, depth: usize) -> Vec<Draft> {
    let told = TemplateFunction { name: name.to_owned(), dir: dir.to_owned(), ..TemplateFunction::default() };
    let found = language(root, &told);
    if !found.is_empty() || depth == 0 {
        return found;
    }
    let source = Source { root, dir };
    let names = source.names("").into_iter().filter(|name| !source::NOT_CODE.contains(&name.as_str()));
    let below =
        names.map(|name| (slashed(&below(dir, &name)), name)).filter(|(path, _)| root.join(path).is_dir());
    below.flat_map(|(path, name)| untold(root, &name_of(&name), &path, depth - 1)).collect()
}

/// A function whose files tell nothing: as the template has it.
fn unknown(root: &Path, told: TemplateFunction) -> Draft {
    let path = if told.dir.is_empty() { ".".to_owned() } else { told.dir };
    let excludes = excludes::of(&Source { root, dir: "" }, &path, told.handler.as_deref(), &[]);
    let mut notes =
        vec![format!("nothing in `{path}` tells what makes this function: it is built as it is there")];
    let runtime = told.runtime.unwrap_or_default();
    let known = runtime::profile(&runtime).is_ok();
    if !known {
        notes.push(no_runtime(&runtime));
    }
    Draft {
        notes,
        name: told.name,
        found: "the template alone".to_owned(),
        runtime: if known { runtime } else { runtimes::newest(Family::Custom).id },
        archs: told.archs,
        handler: told.handler,
        path,
        excludes,
        ..Draft::default()
    }
}

fn no_runtime(id: &str) -> String {
    format!("the template says `{id}`, which is no runtime of Lambda: name one in `runtime`")
}

/// The functions of a directory of code, by what tells their language; none where nothing does.
fn language(root: &Path, told: &TemplateFunction) -> Vec<Draft> {
    let source = Source { root, dir: &told.dir };
    let family =
        told.runtime.as_deref().and_then(|id| runtime::profile(id).ok()).map(|profile| profile.family);
    type Language = fn(&Source<'_>, &TemplateFunction) -> Vec<Draft>;
    let languages: [(&[Family], Language); 8] = [
        (&[Family::Custom], rust::functions),
        (&[Family::Custom, Family::Go], go::functions),
        (&[Family::Java], java::functions),
        (&[Family::Dotnet], dotnet::functions),
        (&[Family::Python], python::functions),
        (&[Family::Ruby], ruby::functions),
        // Many have a package.json for their tools alone.
        (&[Family::Nodejs], nodejs::functions),
        // A compiled language may have a script of this name, too.
        (&[Family::Custom], bootstrap::functions),
    ];
    let fitting =
        languages.iter().filter(|(families, _)| family.is_none_or(|family| families.contains(&family)));
    let mut found = fitting
        .map(|(_, language)| language(&source, told))
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    for draft in &mut found {
        if let Some(runtime) = &told.runtime {
            if runtime::profile(runtime).is_ok() {
                draft.runtime.clone_from(runtime);
            } else {
                draft.notes.push(no_runtime(runtime));
            }
        }
        draft.handler = told.handler.clone().or(draft.handler.take());
        draft.archs.clone_from(&told.archs);
    }
    found
}
