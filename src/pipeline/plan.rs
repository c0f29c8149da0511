//! From the choices to the trees of the new layers: everything is decided here, nothing is read in full.

use std::fmt;
use std::path::PathBuf;

use super::error::BuildError;
use super::part::Part;
use super::shared::Shared;
use super::spec::{Add, BuildSpec, Split};
use crate::family::{self, Function};
use crate::image::Edits;
use crate::input::{Collected, Exclusions, Kind};
use crate::runtime::{Family, RuntimeProfile};
use crate::tree::{Clash, Content, FileTree, ImagePath, Node};

/// What will be built.
pub struct Plan {
    /// The new layers, lowest first; none is empty.
    pub layers: Vec<(Part, FileTree)>,
    /// What changes in the base's configuration.
    pub edits: Edits,
    /// Files that the kernel will start, to be checked against each architecture.
    pub started: Vec<(ImagePath, Content)>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Plans a build: collects the inputs and lays every file out.
///
/// # Errors
/// [`BuildError`]: inputs that cannot be used or clash, a handler or bootstrap that is not there.
pub fn plan(spec: &BuildSpec, profile: &RuntimeProfile, shared: &Shared) -> Result<Plan, BuildError> {
    let mut plan = Planner { spec, profile, shared, warnings: Vec::new(), started: Vec::new() };
    let rules = family::rules(profile.family);
    let (facts, family) = (shared.memory.facts(), profile.family);
    // What many functions have in common is laid out once.
    let same = |inputs: &dyn fmt::Debug| format!("{inputs:?} {family:?} {}", spec.epoch.seconds());
    let opt = same(&(&spec.lambda_layers, &spec.extensions));
    let opt = plan.prepared(opt, |plan| below("opt", plan.opt()?))?;
    let added = plan.prepared(same(&&spec.adds), Planner::added)?;
    let (mut task, bootstrap) = plan.function(&opt, &added)?;
    plan.warnings.extend(rules.prepare(&mut task, spec.epoch, facts)?);

    let is_dependency = rules.dependencies(&task)?;
    let dependencies = task.split_off(|path| is_dependency(path));
    let mut parts = vec![
        (Part::LambdaLayers, opt),
        (Part::Bootstrap, bootstrap),
        (Part::Added, added),
        (Part::Dependencies, below("var/task", dependencies)?),
        (Part::Code, below("var/task", task)?),
    ];
    // Two parts that claim one path are a mistake, though a later layer would simply win.
    let mut whole = FileTree::new();
    for (_, tree) in &parts {
        whole.graft(tree.clone())?;
    }
    let edits = plan.edits(&whole)?;
    if spec.split == Split::None {
        parts = vec![(Part::Function, whole)];
    }
    parts.retain(|(_, tree)| !tree.is_empty());
    Ok(Plan { layers: parts, edits, started: plan.started, warnings: plan.warnings })
}

/// What AWS's entry script starts, and the embedded base.
const BOOTSTRAP: &str = "var/runtime/bootstrap";

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
    warnings: Vec<String>,
    started: Vec<(ImagePath, Content)>,
}

impl Planner<'_> {
    /// The tree that `make` makes, fit for fixed times; of one `name`, once.
    fn prepared(
        &mut self,
        name: String,
        make: impl FnOnce(&mut Self) -> Result<FileTree, BuildError>,
    ) -> Result<FileTree, BuildError> {
        let Planner { spec, profile, shared, .. } = *self;
        let prepared = shared.prepared.get(name, || {
            let mut plan = Planner { spec, profile, shared, warnings: Vec::new(), started: Vec::new() };
            let mut tree = make(&mut plan)?;
            let rules = family::rules(profile.family);
            plan.warnings.extend(rules.prepare(&mut tree, spec.epoch, shared.memory.facts())?);
            Ok::<_, BuildError>(Prepared { tree, started: plan.started, warnings: plan.warnings })
        })?;
        self.started.extend(prepared.started);
        self.warnings.extend(prepared.warnings);
        Ok(prepared.tree)
    }

    /// Lambda layers as Lambda merges them, later over earlier, and the extensions.
    fn opt(&mut self) -> Result<FileTree, BuildError> {
        let mut opt = FileTree::new();
        for path in &self.spec.lambda_layers {
            let collected = self.shared.collect(path, &Exclusions::default())?;
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

    /// The task root, and the tree of the bootstrap where one is needed.
    fn function(&mut self, opt: &FileTree, added: &FileTree) -> Result<(FileTree, FileTree), BuildError> {
        let exclusions = Exclusions {
            globs: self.spec.excludes.clone(),
            outputs: self.spec.outputs.iter().map(|output| output.path().to_owned()).collect(),
            ignore_file: true,
        };
        let collected = self.shared.collect(&self.spec.path, &exclusions)?;
        let single = collected.kind == Kind::File;
        let mut task = self.taken(collected);
        let family = self.profile.family;
        if single && family == Family::Go {
            task = self.renamed(task)?;
        }
        let made_here = self.spec.base.as_ref().is_some_and(|base| base.is_made_here());
        let wanted = family == Family::Custom || made_here || self.spec.bootstrap.is_some();
        if !wanted {
            if family == Family::Go {
                self.note_binary(&mut task)?;
            }
            return Ok((task, FileTree::new()));
        }
        let content = match &self.spec.bootstrap {
            Some(file) => Some(self.executable(file)?.1),
            None => self.found_bootstrap(&mut task, opt, single && family == Family::Custom)?,
        };
        let mut tree = FileTree::new();
        match content {
            Some(content) => {
                let path = image_path(BOOTSTRAP)?;
                self.started.push((path.clone(), content.clone()));
                tree.insert(path, Node::File { content, executable: true })?;
            }
            // Another entry point needs no bootstrap, and one may have been added by its path.
            None if self.spec.entrypoint.is_some() || added.file_at(BOOTSTRAP).is_some() => {}
            None => {
                let base =
                    self.spec.base.as_ref().map_or("the runtime's image".to_owned(), ToString::to_string);
                let path = self.spec.path.clone();
                if family == Family::Custom {
                    return Err(BuildError::NoBootstrap { path, base });
                }
                return Err(BuildError::NoLanguage { base, runtime: self.profile.name.clone(), path });
            }
        }
        Ok((task, tree))
    }

    /// A bootstrap in the function itself, which moves to where images look for it, or in a Lambda layer.
    fn found_bootstrap(
        &mut self,
        task: &mut FileTree,
        opt: &FileTree,
        single: bool,
    ) -> Result<Option<Content>, BuildError> {
        let (name, in_opt) = (image_path("bootstrap")?, image_path("opt/bootstrap")?);
        let at = if single {
            task.iter().next().map_or(name.clone(), |(path, _)| path.clone())
        } else {
            name.clone()
        };
        let own = match task.get(&at) {
            // Its target stays where it is, and is started from the runtime directory.
            Some(Node::Symlink { target, .. }) => {
                image_path(target).ok().and_then(|target| task.get(&target)).cloned()
            }
            other => other.cloned(),
        };
        let found = match own {
            Some(Node::File { content, executable }) => {
                task.remove(&at);
                Some((content, executable))
            }
            _ => match opt.get(&in_opt) {
                Some(Node::File { content, executable }) => Some((content.clone(), *executable)),
                _ => None,
            },
        };
        Ok(found.map(|(content, executable)| {
            if !executable {
                self.made_executable(&content);
            }
            content
        }))
    }

    /// The handler of a Go function: the name of its binary.
    fn binary(&self) -> &str {
        let usual = family::rules(self.profile.family).default_handler();
        self.spec.handler.as_deref().or(usual).unwrap_or_default()
    }

    /// `go1.x` starts the file that the handler names.
    fn renamed(&mut self, task: FileTree) -> Result<FileTree, BuildError> {
        let name = self.binary();
        let mut renamed = FileTree::new();
        for (_, node) in task.iter() {
            renamed.insert(image_path(name)?, node.clone())?;
        }
        Ok(renamed)
    }

    /// The binary of a Go function will be started: it is checked, and made executable, as zips made on
    /// Windows do not have it.
    fn note_binary(&mut self, task: &mut FileTree) -> Result<(), BuildError> {
        let name = self.binary();
        let Ok(path) = ImagePath::new(name) else { return Ok(()) };
        let Some(Node::File { content, executable }) = task.get(&path).cloned() else { return Ok(()) };
        if !executable {
            self.made_executable(&content);
            task.replace(&path, Node::File { content: content.clone(), executable: true });
        }
        self.started.push((image_path("var/task")?.join(&path), content));
        Ok(())
    }

    fn made_executable(&mut self, content: &Content) {
        self.warnings.push(format!("`{}` was not executable; it is in the image", content.origin()));
    }

    fn added(&mut self) -> Result<FileTree, BuildError> {
        let mut added = FileTree::new();
        for Add { from, to, into } in &self.spec.adds {
            let collected = self.shared.collect_plain(from)?;
            let single = collected.kind == Kind::File;
            let tree = self.taken(collected);
            match (single, to) {
                (true, Some(to)) if !into => {
                    for (_, node) in tree.iter() {
                        added.insert(to.clone(), node.clone())?;
                    }
                }
                (_, Some(to)) => added.graft(tree.below(to))?,
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
            entrypoint: spec.entrypoint.clone(),
            cmd: Some(cmd),
            workdir: spec.workdir.clone(),
        })
    }

    /// A file that is to be executed: its name and content.
    fn executable(&mut self, path: &PathBuf) -> Result<(String, Content), BuildError> {
        let collected = self.shared.collect_plain(path)?;
        if collected.kind == Kind::File
            && let Some((name, Node::File { content, executable })) = collected.tree.iter().next()
        {
            if !executable {
                self.made_executable(content);
            }
            return Ok((name.to_string(), content.clone()));
        }
        Err(BuildError::NotAFile(path.to_owned()))
    }

    fn taken(&mut self, collected: Collected) -> FileTree {
        self.warnings.extend(collected.warnings);
        collected.tree
    }
}

fn below(directory: &str, tree: FileTree) -> Result<FileTree, BuildError> {
    Ok(tree.below(&image_path(directory)?))
}

fn image_path(text: &str) -> Result<ImagePath, BuildError> {
    Ok(ImagePath::new(text)?)
}

impl From<Clash> for BuildError {
    fn from(clash: Clash) -> Self {
        BuildError::Clash(clash)
    }
}
