//! Finds the functions in a directory. Each language and each kind of template has a file.

mod dotnet;
pub mod draft;
mod go;
mod java;
mod nodejs;
mod python;
mod ruby;
mod runtimes;
mod rust;
mod shell;
mod source;
mod templates;
pub mod text;
mod yaml;

use std::path::Path;

use lambda_img::runtime::{self, Family};

use draft::{Draft, EXCLUDED, TemplateFunction, name_of};
use source::{Source, below, slashed};

/// The functions of a directory: those of its template, else those of its language, else those of the
/// directories in it, two down at most. `warnings` gets what the user should know of files that were passed over.
pub fn functions(root: &Path, name: &str, warnings: &mut Vec<String>) -> Vec<Draft> {
    let told = templates::functions(root, warnings);
    let mut sketches = if told.is_empty() { untold(root, name, "", 2) } else { as_told(root, name, told) };
    let mut names: Vec<String> = Vec::new();
    for sketch in &mut sketches {
        // Directories of different parents may be called the same.
        let free = |name: &String| !names.contains(name);
        let numbered = (2..).map(|number| format!("{}-{number}", sketch.name));
        if let Some(name) = std::iter::once(sketch.name.clone()).chain(numbered).find(free) {
            sketch.name.clone_from(&name);
            names.push(name);
        }
    }
    sketches
}

/// The functions of a template.
fn as_told(root: &Path, name: &str, told: Vec<TemplateFunction>) -> Vec<Draft> {
    let placed = told.into_iter().map(|told| {
        let made = if told.dir.is_empty() { made(name) } else { made(&name_of(&told.dir)) };
        TemplateFunction { made, ..told }
    });
    let sketches = |told: TemplateFunction| {
        let found = language(root, &told);
        if found.is_empty() { vec![unknown(told)] } else { found }
    };
    placed.flat_map(sketches).collect()
}

/// The functions of a directory of which no template tells.
fn untold(root: &Path, name: &str, dir: &str, depth: usize) -> Vec<Draft> {
    let made = made(&if dir.is_empty() { name_of(name) } else { name_of(dir) });
    let told =
        TemplateFunction { name: name.to_owned(), dir: dir.to_owned(), made, ..TemplateFunction::default() };
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
fn unknown(told: TemplateFunction) -> Draft {
    let path = if told.dir.is_empty() { ".".to_owned() } else { told.dir };
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
        excludes: EXCLUDED.to_vec(),
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
    let languages: [(&[Family], Language); 7] = [
        (&[Family::Custom], rust::functions),
        (&[Family::Custom, Family::Go], go::functions),
        (&[Family::Java], java::functions),
        (&[Family::Dotnet], dotnet::functions),
        (&[Family::Python], python::functions),
        (&[Family::Ruby], ruby::functions),
        // Last: many have a package.json for their tools alone.
        (&[Family::Nodejs], nodejs::functions),
    ];
    let fitting =
        languages.iter().filter(|(families, _)| family.is_none_or(|family| families.contains(&family)));
    let mut found = fitting
        .map(|(_, language)| language(&source, told))
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    for sketch in &mut found {
        if let Some(runtime) = &told.runtime {
            if runtime::profile(runtime).is_ok() {
                sketch.runtime.clone_from(runtime);
            } else {
                sketch.notes.push(no_runtime(runtime));
            }
        }
        sketch.handler = told.handler.clone().or(sketch.handler.take());
        sketch.archs.clone_from(&told.archs);
    }
    found
}

/// Where what is made for a function goes.
fn made(name: &str) -> String {
    format!("build/{name}")
}
