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
mod source;
pub mod template;
pub mod text;
mod told;
pub mod trial;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use lambda_img::runtime::{self, Family};

use draft::{Draft, TemplateFunction, name_of, no_runtime};
use source::{Source, below, slashed};
use template::{Found, TemplateError, carry};

/// The functions of a directory: those of its template, else those of its language, else those of the
/// directories in it, two down at most. `warnings` gets what the user should know of files that were passed over.
pub fn functions(root: &Path, name: &str, warnings: &mut Vec<String>) -> Result<Vec<Draft>, NotDrafted> {
    let mut drafts = match template::find(root, warnings).map_err(NotDrafted::of)? {
        Found::Functions(told) => as_told(root, told),
        Found::Nothing => untold(root, name, "", 2),
        Found::Framework(framework) => {
            // The app itself is not a function.
            let drafts = if framework.looks_below { below_of(root, "", 2) } else { Vec::new() };
            if drafts.is_empty() {
                return Err(NotDrafted { error: framework.found, hint: framework.next });
            }
            warnings.push(format!(
                "{}; what follows are the functions that directories look like",
                framework.found
            ));
            drafts
        }
    };
    let mut names = HashSet::new();
    let mut last: HashMap<String, usize> = HashMap::new();
    for draft in &mut drafts {
        // Directories of different parents may be called the same.
        let own = draft.name.clone();
        let number = last.entry(own.clone()).or_insert(1);
        while names.contains(&draft.name) {
            *number += 1;
            draft.name = format!("{own}-{number}");
        }
        names.insert(draft.name.clone());
        settle(root, draft);
    }
    Ok(drafts)
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

/// The functions of a template, each with one draft.
fn as_told(root: &Path, told: Vec<TemplateFunction>) -> Vec<Draft> {
    let draft_of = |dir: &str, runtime: &str| {
        let function = TemplateFunction {
            dir: dir.to_owned(),
            runtime: Some(runtime.to_owned()),
            ..TemplateFunction::default()
        };
        language(root, &function).into_iter().next()
    };
    let draft = |function: TemplateFunction| {
        let source = Source { root, dir: &function.dir };
        let told = &function.told;
        let is_dir = source.is_dir("");
        let mut draft = match &told.make {
            Some(target) => carry::by_make(&function, target, &source),
            None if told.is_made || !is_dir => carry::as_it_is(&function, &source),
            None => carry::one_of(&function, language(root, &function))
                .unwrap_or_else(|| unknown(root, &function)),
        };
        carry::carry(told, &mut draft, &source, &draft_of);
        draft
    };
    told.into_iter().map(draft).collect()
}

/// The functions of a directory of which no template tells.
fn untold(root: &Path, name: &str, dir: &str, depth: usize) -> Vec<Draft> {
    let told = TemplateFunction { name: name.to_owned(), dir: dir.to_owned(), ..TemplateFunction::default() };
    let found = language(root, &told);
    if !found.is_empty() || depth == 0 {
        return found;
    }
    below_of(root, dir, depth)
}

/// The functions of the directories in a directory.
fn below_of(root: &Path, dir: &str, depth: usize) -> Vec<Draft> {
    let source = Source { root, dir };
    let names = source.names("").into_iter().filter(|name| !source::NOT_CODE.contains(&name.as_str()));
    let below =
        names.map(|name| (slashed(&below(dir, &name)), name)).filter(|(path, _)| root.join(path).is_dir());
    below.flat_map(|(path, name)| untold(root, &name_of(&name), &path, depth - 1)).collect()
}

/// A function whose files tell nothing: as the template has it.
fn unknown(root: &Path, function: &TemplateFunction) -> Draft {
    let source = Source { root, dir: &function.dir };
    let mut draft = carry::as_it_is(function, &source);
    let path = &draft.path;
    draft.notes.push(format!(
        "`{path}` has no file that shows how this function is built: its files are used unchanged"
    ));
    draft.excludes = excludes::of(&source, path, function.handler.as_deref(), &[]);
    draft
}

/// Why a directory has no functions that could be drafted.
pub struct NotDrafted {
    /// A sentence.
    pub error: String,
    /// What to do.
    pub hint: String,
}

impl NotDrafted {
    fn of(error: TemplateError) -> Self {
        let hint = match error {
            TemplateError::NotRead(_) => {
                "correct the file; or, if it has no functions, move it away and run `init` again"
            }
            TemplateError::NoneBuilt { .. } => {
                "write a settings file for functions with code in this directory: docs/guides/settings.md"
            }
        };
        Self { error: error.to_string(), hint: hint.to_owned() }
    }
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
