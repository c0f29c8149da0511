//! Reads the inputs of a function: walks directories, reads the first bytes of programs and rewrites bytecode. The
//! result goes to [`plan`](super::plan), which reads nothing itself.

mod collector;
mod common;
mod entry;

use std::path::PathBuf;

use self::collector::Collector;
pub use self::entry::{Bootstrap, Entry, Found, is_made_here};
use super::error::FunctionError;
use super::inputs::Recipe;
use super::lay_out::{LaidOut, image_path};
use super::resources::Resources;
use super::spec::BuildSpec;
use crate::family::{self, IsDependency};
use crate::input::{Exclusions, InputKind};
use crate::runtime::{Family, RuntimeProfile};
use crate::tree::FileTree;
use crate::work::Run;

/// All that the disk has for a function.
pub struct Gathered {
    /// `/opt`, with its paths in the image.
    pub opt: LaidOut,
    /// What is added, with its paths in the image.
    pub added: LaidOut,
    /// The function, with paths in the task root, without its bootstrap.
    pub task: FileTree,
    /// What starts the function.
    pub entry: Entry,
    /// Which paths of the task root are dependencies.
    pub is_dependency: IsDependency,
    /// What the user should know of the function's files.
    pub warnings: Vec<String>,
    /// What stayed out of the function only because developers' tools keep it.
    pub left_out: Vec<String>,
}

/// Gathers a function. Nothing at the paths `written`, which the build writes, is part of it.
///
/// # Errors
/// [`FunctionError`]: inputs that cannot be used.
pub fn gather(
    spec: &BuildSpec,
    profile: &RuntimeProfile,
    written: Vec<PathBuf>,
    resources: &Resources<'_>,
    run: Run<'_>,
) -> Result<Gathered, FunctionError> {
    let (inputs, family) = (resources.inputs, profile.family);
    let facts = &resources.earlier.facts();
    let from = &Collector { inputs, cpu: resources.cpu, facts, family, epoch: spec.epoch, run };
    let opt = inputs.lay_out(Recipe::opt(spec, family), &mut || common::opt(spec, from))?;
    let added = inputs.lay_out(Recipe::added(spec, family), &mut || common::added(spec, from))?;

    let exclusions = Exclusions {
        globs: spec.excludes.clone(),
        outputs: written,
        ignore_file: true,
        tools: !spec.no_default_excludes,
    };
    let function = from.collect(&spec.path, Some(&exclusions))?;
    let (mut task, is_file) = (function.tree, function.kind == InputKind::File);
    if is_file && family == Family::Go {
        task = renamed(&task, entry::binary_name(spec))?;
    }
    let entry = entry::find(spec, profile, (&mut task, is_file), &opt.tree, from)?;
    let mut warnings = function.warnings;
    warnings.extend(from.rewrite(&mut task)?);
    let is_dependency = family::rules(family).dependencies(&task)?;
    Ok(Gathered { opt, added, task, entry, is_dependency, warnings, left_out: function.left_out })
}

/// The one file of a function under the name that its handler has.
fn renamed(task: &FileTree, name: &str) -> Result<FileTree, FunctionError> {
    let mut renamed = FileTree::new();
    for (_, node) in task.iter() {
        renamed.insert(image_path(name)?, node.clone())?;
    }
    Ok(renamed)
}
