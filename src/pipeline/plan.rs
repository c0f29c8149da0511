//! From the choices to the trees of the new layers: everything is decided here, nothing is read in full.

use std::path::Path;

use super::error::BuildError;
use super::spec::{Add, BuildSpec, Split};
use crate::family::{self, Function};
use crate::image::Edits;
use crate::input::{self, Collected, Exclusions, Kind};
use crate::runtime::{Family, RuntimeProfile};
use crate::tree::{Clash, Content, FileTree, ImagePath, Node};

/// What a layer holds, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `/opt`: Lambda layers and extensions.
    LambdaLayers,
    /// The custom runtime.
    Bootstrap,
    /// What `--add` names.
    Added,
    /// What the family's package manager put there.
    Dependencies,
    /// The rest of the function.
    Code,
    /// All of it, unsplit.
    Function,
}

impl Part {
    /// Its name in reports and in the image's history.
    pub fn name(self) -> &'static str {
        match self {
            Part::LambdaLayers => "Lambda layers",
            Part::Bootstrap => "bootstrap",
            Part::Added => "added files",
            Part::Dependencies => "dependencies",
            Part::Code => "code",
            Part::Function => "function",
        }
    }
}

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
pub fn plan(spec: &BuildSpec, profile: &RuntimeProfile) -> Result<Plan, BuildError> {
    let mut plan = Planner { spec, profile, warnings: Vec::new(), started: Vec::new() };
    let rules = family::rules(profile.family);
    let mut opt = plan.opt()?;
    let (mut task, bootstrap) = plan.function(&opt)?;
    plan.warnings.extend(rules.prepare(&mut opt, spec.epoch)?);
    plan.warnings.extend(rules.prepare(&mut task, spec.epoch)?);

    let edits = plan.edits(&Function { task: &task, opt: &opt })?;
    let is_dependency = rules.dependencies(&task)?;
    let dependencies = task.split_off(|path| is_dependency(path));
    let mut parts = vec![
        (Part::LambdaLayers, below("opt", opt)?),
        (Part::Bootstrap, bootstrap),
        (Part::Added, plan.added()?),
        (Part::Dependencies, below("var/task", dependencies)?),
        (Part::Code, below("var/task", task)?),
    ];
    // Two parts that claim one path are a mistake, though a later layer would simply win.
    let mut whole = FileTree::new();
    for (_, tree) in &parts {
        whole.graft(None, tree.clone())?;
    }
    if spec.split == Split::None {
        parts = vec![(Part::Function, whole)];
    }
    parts.retain(|(_, tree)| !tree.is_empty());
    Ok(Plan { layers: parts, edits, started: plan.started, warnings: plan.warnings })
}

struct Planner<'a> {
    spec: &'a BuildSpec,
    profile: &'a RuntimeProfile,
    warnings: Vec<String>,
    started: Vec<(ImagePath, Content)>,
}

impl Planner<'_> {
    /// Lambda layers as Lambda merges them, later over earlier, and the extensions.
    fn opt(&mut self) -> Result<FileTree, BuildError> {
        let mut opt = FileTree::new();
        for path in &self.spec.lambda_layers {
            let collected = input::collect(path, &Exclusions::default())?;
            if collected.kind == Kind::File {
                return Err(BuildError::LambdaLayer(path.clone()));
            }
            opt.overlay(self.taken(collected));
        }
        for path in &self.spec.extensions {
            let (name, content) = self.executable(path)?;
            let path = image_path(&format!("extensions/{name}"))?;
            self.started.push((image_path("opt")?.join(&path), content.clone()));
            opt.insert(path, Node::File { content, executable: true })?;
        }
        Ok(opt)
    }

    /// The task root, and the tree of the bootstrap where one is needed.
    fn function(&mut self, opt: &FileTree) -> Result<(FileTree, FileTree), BuildError> {
        let exclusions = Exclusions {
            globs: self.spec.excludes.clone(),
            outputs: self.spec.outputs.iter().map(|output| output.path().to_owned()).collect(),
            ignore_file: true,
        };
        let collected = input::collect(&self.spec.path, &exclusions)?;
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
                self.note_handler(&task);
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
                let path = image_path("var/runtime/bootstrap")?;
                self.started.push((path.clone(), content.clone()));
                tree.insert(path, Node::File { content, executable: true })?;
            }
            // Another entry point needs no bootstrap.
            None if self.spec.entrypoint.is_some() => {}
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
        let name = image_path("bootstrap")?;
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
            _ => match opt.get(&name) {
                Some(Node::File { content, executable }) => Some((content.clone(), *executable)),
                _ => None,
            },
        };
        Ok(found.map(|(content, executable)| {
            if !executable {
                self.warnings.push(format!("`{}` was not executable; it is in the image", content.origin()));
            }
            content
        }))
    }

    /// `go1.x` starts the file that the handler names.
    fn renamed(&mut self, task: FileTree) -> Result<FileTree, BuildError> {
        let name = self.spec.handler.as_deref().unwrap_or("main");
        let mut renamed = FileTree::new();
        for (_, node) in task.iter() {
            renamed.insert(image_path(name)?, node.clone())?;
        }
        Ok(renamed)
    }

    fn note_handler(&mut self, task: &FileTree) {
        let name = self.spec.handler.as_deref().unwrap_or("main");
        let path = ImagePath::new(name).ok();
        if let Some((path, Node::File { content, .. })) =
            path.and_then(|path| Some((path.clone(), task.get(&path)?)))
            && let Ok(root) = image_path("var/task")
        {
            self.started.push((root.join(&path), content.clone()));
        }
    }

    fn added(&mut self) -> Result<FileTree, BuildError> {
        let mut added = FileTree::new();
        for Add { from, to, into } in &self.spec.adds {
            let collected = input::collect_plain(from)?;
            let single = collected.kind == Kind::File;
            let tree = self.taken(collected);
            match (single, to) {
                (true, Some(to)) if !into => {
                    for (_, node) in tree.iter() {
                        added.insert(to.clone(), node.clone())?;
                    }
                }
                _ => added.graft(to.as_ref(), tree)?,
            }
        }
        Ok(added)
    }

    fn edits(&self, function: &Function<'_>) -> Result<Edits, BuildError> {
        let spec = self.spec;
        let given = spec.handler.as_deref();
        let cmd = match &spec.cmd {
            Some(cmd) => cmd.clone(),
            // As in a Dockerfile, another entry point starts with no command.
            None if spec.entrypoint.is_some() && given.is_none() => Vec::new(),
            None => vec![family::handler(self.profile.family, given, function)?],
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
    fn executable(&mut self, path: &Path) -> Result<(String, Content), BuildError> {
        let collected = input::collect_plain(path)?;
        if collected.kind == Kind::File
            && let Some((name, Node::File { content, executable })) = collected.tree.iter().next()
        {
            if !executable {
                self.warnings.push(format!("`{}` was not executable; it is in the image", path.display()));
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
    let mut whole = FileTree::new();
    whole.graft(Some(&image_path(directory)?), tree)?;
    Ok(whole)
}

fn image_path(text: &str) -> Result<ImagePath, BuildError> {
    Ok(ImagePath::new(text)?)
}

impl From<Clash> for BuildError {
    fn from(clash: Clash) -> Self {
        BuildError::Clash(clash)
    }
}
