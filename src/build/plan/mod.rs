//! Decides the trees of the new layers and the changes to the configuration, from the files that were gathered.
//!
//! Everything about a function is decided here, from values: no path of the host is examined. The bytes of a file are
//! read only where a decision needs them: if two files of the same size have the same path in the image, and if a
//! handler may be in a jar.

mod bootstrap;
#[cfg(test)]
mod tests;

use self::bootstrap::Start;
use super::error::FunctionError;
use super::gather::Gathered;
use super::lay_out::{Program, image_path};
use super::layer_role::LayerRole;
use super::spec::{BuildSpec, Split};
use super::steps::StepLayer;
use crate::family::{self, Function};
use crate::image::Edits;
use crate::runtime::{Family, RuntimeProfile};
use crate::tree::{FileTree, Union};

/// What will be built.
pub struct Plan {
    /// The new layers, lowest first; none is empty.
    pub layers: Vec<(LayerRole, FileTree)>,
    /// What changes in the base's configuration.
    pub edits: Edits,
    /// Files that the kernel will start, to be checked against each architecture.
    pub programs: Vec<Program>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What stayed out of the function only because developers' tools keep it.
    pub left_out: Vec<String>,
    /// Bytes of the layers of steps, uncompressed; of the architecture that has most.
    pub steps_size: u64,
    /// What is wrong unless the base starts the function by itself: nothing in these layers does.
    pub lacking: Option<FunctionError>,
}

impl Plan {
    /// The number of files in all layers.
    pub fn files(&self) -> u64 {
        self.layers.iter().map(|(_, tree)| tree.files().count() as u64).sum()
    }
}

/// Plans a build: lays every file out and decides what starts it.
///
/// # Errors
/// [`FunctionError`]: parts that clash, a handler or bootstrap that is not there.
pub fn plan(
    spec: &BuildSpec,
    profile: &RuntimeProfile,
    gathered: Gathered,
    steps: &[StepLayer],
) -> Result<Plan, FunctionError> {
    let Gathered { opt, added, mut task, entry, is_dependency, warnings, left_out } = gathered;
    let start = bootstrap::place(spec, profile, entry, &mut task, (&opt.tree, &added.tree))?;
    let Start { tree: bootstrap, entrypoint, program, warnings: notes, lacking } = start;
    let dependencies = task.split_off(|path| is_dependency(path));
    let mut layers = vec![
        (LayerRole::LambdaLayers, opt.tree),
        (LayerRole::Bootstrap, bootstrap),
        (LayerRole::Added, added.tree),
        (LayerRole::Dependencies, below("var/task", dependencies)?),
        (LayerRole::Code, below("var/task", task)?),
    ];
    // Two parts that claim one path are a mistake, though a later layer would simply win.
    let (mut edited, mut steps_size) = (None, 0);
    for arch in &spec.architectures {
        let of_arch = || steps.iter().filter(|step| step.arch.is_none_or(|only| only == *arch));
        let whole = Union::of(layers.iter().map(|(_, tree)| tree).chain(of_arch().map(StepLayer::tree)))?;
        steps_size = steps_size.max(of_arch().map(StepLayer::tar_size).sum());
        edited = Some(edits(spec, profile.family, entrypoint.clone(), &whole)?);
        if steps.iter().all(|step| step.arch.is_none()) {
            break;
        }
    }
    let edits = edited.unwrap_or_default();
    if spec.split == Split::None {
        let mut whole = FileTree::new();
        layers.into_iter().try_for_each(|(_, tree)| whole.graft(tree))?;
        layers = vec![(LayerRole::Function, whole)];
    }
    layers.retain(|(_, tree)| !tree.is_empty());
    let programs = opt.programs.into_iter().chain(added.programs).chain(program).collect();
    let of_steps = steps.iter().flat_map(StepLayer::warnings).cloned().collect();
    let warnings = [opt.warnings, added.warnings, of_steps, warnings, notes].concat();
    Ok(Plan { layers, edits, programs, warnings, left_out, steps_size, lacking })
}

/// What changes in the configuration; `entrypoint` is what the image starts where its base starts nothing.
fn edits(
    spec: &BuildSpec,
    family: Family,
    entrypoint: Option<String>,
    whole: &Union<'_>,
) -> Result<Edits, FunctionError> {
    let given = spec.handler.as_deref();
    let cmd = match &spec.cmd {
        Some(cmd) => cmd.clone(),
        // As in a Dockerfile, another entry point starts with no command.
        None if spec.entrypoint.is_some() && given.is_none() => Vec::new(),
        None => {
            let wrapped = spec.env.contains_key(family::EXEC_WRAPPER);
            vec![family::handler(family, given, wrapped, &Function(whole))?]
        }
    };
    Ok(Edits {
        env: spec.env.clone(),
        labels: spec.labels.clone(),
        entrypoint: spec.entrypoint.clone().or_else(|| entrypoint.map(|program| vec![program])),
        cmd: Some(cmd),
        workdir: spec.workdir.clone(),
    })
}

fn below(directory: &str, tree: FileTree) -> Result<FileTree, FunctionError> {
    Ok(tree.below(&image_path(directory)?)?)
}
