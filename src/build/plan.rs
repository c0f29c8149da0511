//! From the choices to the trees of the new layers: everything is decided here, nothing is read in full.

mod bootstrap;
mod entry_programs;

use std::fmt;
use std::path::PathBuf;

use super::error::BuildError;
use super::fleet::shared::Shared;
use super::layer_role::LayerRole;
use super::spec::{Add, BuildSpec, Split};
use crate::family::{self, Function};
use crate::image::Edits;
use crate::input::{Collected, Exclusions, InputError, Kind};
use crate::progress::Phase;
use crate::runtime::RuntimeProfile;
use crate::tree::{Clash, Content, FileTree, ImagePath, Node};
use crate::work::Run;

/// What will be built.
pub struct Plan {
    /// The new layers, lowest first; none is empty.
    pub layers: Vec<(LayerRole, FileTree)>,
    /// What changes in the base's configuration.
    pub edits: Edits,
    /// Files that the kernel will start, to be checked against each architecture.
    pub started: Vec<(ImagePath, Content)>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What stayed out of the function only because tools keep it.
    pub left_out: Vec<String>,
}

/// Plans a build: collects the inputs and lays every file out. Whoever waits for another function computes nothing
/// meanwhile.
///
/// # Errors
/// [`BuildError`]: inputs that cannot be used or clash, a handler or bootstrap that is not there.
pub fn plan(
    spec: &BuildSpec,
    profile: &RuntimeProfile,
    written: Vec<PathBuf>,
    shared: &Shared,
    run: Run<'_>,
) -> Result<Plan, BuildError> {
    let mut plan = Planner::new(spec, profile, shared, run);
    let rules = family::rules(profile.family);
    let family = profile.family;
    // What many functions have in common is laid out once.
    let same = |inputs: &dyn fmt::Debug| format!("{inputs:?} {family:?} {}", spec.epoch.seconds());
    let opt = same(&(&spec.lambda_layers, &spec.extensions));
    let opt = plan.prepared(opt, |plan| below("opt", plan.opt()?))?;
    let added = plan.prepared(same(&&spec.adds), Planner::added)?;
    let (mut task, bootstrap) = plan.function(written, &opt, &added)?;
    plan.warnings.extend(plan.rewritten(&mut task)?);

    let is_dependency = rules.dependencies(&task)?;
    let dependencies = task.split_off(|path| is_dependency(path));
    let mut parts = vec![
        (LayerRole::LambdaLayers, opt),
        (LayerRole::Bootstrap, bootstrap),
        (LayerRole::Added, added),
        (LayerRole::Dependencies, below("var/task", dependencies)?),
        (LayerRole::Code, below("var/task", task)?),
    ];
    // Two parts that claim one path are a mistake, though a later layer would simply win.
    let mut whole = FileTree::new();
    for (_, tree) in &parts {
        whole.graft(tree.clone())?;
    }
    let edits = plan.edits(&whole)?;
    if spec.split == Split::None {
        parts = vec![(LayerRole::Function, whole)];
    }
    parts.retain(|(_, tree)| !tree.is_empty());
    let Planner { started, warnings, left_out, .. } = plan;
    Ok(Plan { layers: parts, edits, started, warnings, left_out })
}

/// A tree that is laid out, and what was learned on the way.
#[derive(Clone)]
pub struct Prepared {
    tree: FileTree,
    started: Vec<(ImagePath, Content)>,
    warnings: Vec<String>,
}

struct Planner<'a> {
    spec: &'a BuildSpec,
    profile: &'a RuntimeProfile,
    shared: &'a Shared,
    run: Run<'a>,
    warnings: Vec<String>,
    started: Vec<(ImagePath, Content)>,
    left_out: Vec<String>,
    /// The entry point, where the base's is not the program that starts.
    entry: Option<String>,
}

impl<'a> Planner<'a> {
    fn new(spec: &'a BuildSpec, profile: &'a RuntimeProfile, shared: &'a Shared, run: Run<'a>) -> Self {
        Self {
            spec,
            profile,
            shared,
            run,
            warnings: Vec::new(),
            started: Vec::new(),
            left_out: Vec::new(),
            entry: None,
        }
    }
}

impl Planner<'_> {
    /// The tree that `make` makes, fit for fixed times; of one `name`, once.
    fn prepared(
        &mut self,
        name: String,
        make: impl FnOnce(&mut Self) -> Result<FileTree, BuildError>,
    ) -> Result<FileTree, BuildError> {
        let Planner { spec, profile, shared, run, .. } = *self;
        let prepared = shared.prepared.get(name, || {
            let mut plan = Planner::new(spec, profile, shared, run);
            let mut tree = make(&mut plan)?;
            plan.warnings.extend(plan.rewritten(&mut tree)?);
            Ok::<_, BuildError>(Prepared { tree, started: plan.started, warnings: plan.warnings })
        })?;
        self.started.extend(prepared.started);
        self.warnings.extend(prepared.warnings);
        Ok(prepared.tree)
    }

    /// Makes a tree fit for fixed times; what the user should know is returned.
    fn rewritten(&self, tree: &mut FileTree) -> Result<Vec<String>, BuildError> {
        let (rules, facts) = (family::rules(self.profile.family), self.shared.memory.facts());
        let prepare = || Ok((rules.prepare(tree, self.spec.epoch, facts)?, 0));
        self.shared.compute(self.run, |run| run.meter.time(Phase::Walk, prepare))
    }

    /// Lambda layers as Lambda merges them, later over earlier, and the extensions.
    fn opt(&mut self) -> Result<FileTree, BuildError> {
        let mut opt = FileTree::new();
        for path in &self.spec.lambda_layers {
            let collected = self.shared.collect(path, &Exclusions::default(), self.run)?;
            if collected.kind == Kind::File {
                return Err(BuildError::LambdaLayer(path.clone()));
            }
            opt.overlay(self.taken(collected));
        }
        for path in &self.spec.extensions {
            let (name, content) = self.executable(path)?;
            let (root, path) = (image_path("opt")?, image_path(&format!("extensions/{name}"))?);
            self.started.push((root.join(&path), content.clone()));
            let node = Node::File { content, executable: true };
            opt.insert(path, node).map_err(|clash| clash.below(&root))?;
        }
        Ok(opt)
    }

    fn added(&mut self) -> Result<FileTree, BuildError> {
        let mut added = FileTree::new();
        for Add { from, to, into } in &self.spec.adds {
            let collected = match self.shared.collect_plain(from, self.run) {
                // As what installs an empty list of requirements leaves: nothing is added.
                Err(BuildError::Input(InputError::Empty(path))) => {
                    self.warnings.push(format!("`{}` holds no file: nothing of it is added", path.display()));
                    continue;
                }
                collected => collected?,
            };
            let single = collected.kind == Kind::File;
            let tree = self.taken(collected);
            match (single, to) {
                (true, Some(to)) if !into => {
                    for (_, node) in tree.iter() {
                        added.insert(to.clone(), node.clone())?;
                    }
                }
                (_, Some(to)) => added.graft(tree.below(to)?)?,
                (_, None) => added.graft(tree)?,
            }
        }
        // A parent that the layer names gets the layer's mode: these are writable for everybody.
        for path in ["tmp", "var/tmp"].map(image_path) {
            let path = path?;
            if matches!(added.get(&path), Some(Node::Dir { .. })) {
                added.replace(&path, Node::Dir { sticky: true });
            }
        }
        Ok(added)
    }

    fn edits(&self, whole: &FileTree) -> Result<Edits, BuildError> {
        let spec = self.spec;
        let given = spec.handler.as_deref();
        let cmd = match &spec.cmd {
            Some(cmd) => cmd.clone(),
            // As in a Dockerfile, another entry point starts with no command.
            None if spec.entrypoint.is_some() && given.is_none() => Vec::new(),
            None => vec![family::handler(self.profile.family, given, &Function(whole))?],
        };
        Ok(Edits {
            env: spec.env.clone(),
            labels: spec.labels.clone(),
            entrypoint: spec.entrypoint.clone().or_else(|| self.entry.clone().map(|entry| vec![entry])),
            cmd: Some(cmd),
            workdir: spec.workdir.clone(),
        })
    }

    fn taken(&mut self, collected: Collected) -> FileTree {
        self.warnings.extend(collected.warnings);
        collected.tree
    }
}

fn below(directory: &str, tree: FileTree) -> Result<FileTree, BuildError> {
    Ok(tree.below(&image_path(directory)?)?)
}

fn image_path(text: &str) -> Result<ImagePath, BuildError> {
    Ok(ImagePath::new(text)?)
}

impl From<Clash> for BuildError {
    fn from(clash: Clash) -> Self {
        BuildError::Clash(clash)
    }
}
