//! The programs that the image starts: found among the files, with their first bytes.

use std::fs;
use std::path::Path;

use super::collector::Collector;
use crate::build::error::FunctionError;
use crate::build::lay_out::{Program, image_path};
use crate::build::spec::BuildSpec;
use crate::family::{self, launcher};
use crate::runtime::{Family, RuntimeProfile};
use crate::store::parent;
use crate::tree::{Content, FileTree, ImagePath, Node};

/// How many links Linux follows (`ELOOP`, path_resolution(7)).
const LINKS_MAX: usize = 40;

/// What starts a function.
pub enum Entry {
    /// The runtime of the base loads the handler.
    Runtime,
    /// The binary of a `go1.x` function, where it is there, and whether it is executable.
    Binary(Option<(Program, bool)>),
    /// The program of a custom runtime, if the function has one.
    Bootstrap(Option<Box<Bootstrap>>),
}

/// A bootstrap that was found.
pub struct Bootstrap {
    /// Its bytes.
    pub content: Content,
    /// The first of them.
    pub head: Vec<u8>,
    /// Whether it is executable.
    pub executable: bool,
    /// Where it was found.
    pub found: Found,
}

/// Where a bootstrap was found.
pub enum Found {
    /// Outside of the function.
    Outside,
    /// Among the files of the function, at `name`, which is taken out of them.
    Function {
        /// The path in the task root.
        name: ImagePath,
        /// What was there: a file, or a link.
        node: Node,
        /// The file itself, which a link leads to.
        file: ImagePath,
    },
    /// In a Lambda layer.
    LambdaLayer,
}

/// Whether the image starts a program of the function's own, and not the base's runtime.
pub fn wants_bootstrap(spec: &BuildSpec, family: Family) -> bool {
    family == Family::Custom || is_made_here(spec) || spec.bootstrap.is_some()
}

/// Whether the base is one that this tool makes: it starts nothing by itself.
pub fn is_made_here(spec: &BuildSpec) -> bool {
    spec.base.as_ref().is_some_and(|base| base.is_made_here())
}

/// Finds what starts the function. `task` are its files, of which there is one where it `is_file`; `opt` those of
/// Lambda layers, as Lambda looks there, too.
pub fn find(
    spec: &BuildSpec,
    profile: &RuntimeProfile,
    (task, is_file): (&mut FileTree, bool),
    opt: &FileTree,
    from: &Collector<'_>,
) -> Result<Entry, FunctionError> {
    let family = profile.family;
    if !wants_bootstrap(spec, family) {
        return match family {
            Family::Go => Ok(Entry::Binary(binary(spec, task, from)?)),
            _ => Ok(Entry::Runtime),
        };
    }
    let named = match &spec.bootstrap {
        Some(file) => match own_bootstrap(spec, task, file, is_file) {
            None => return Ok(Entry::Bootstrap(Some(outside(file, from)?.into()))),
            own => own,
        },
        None if is_file && family == Family::Custom => task.iter().next().map(|(path, _)| path.clone()),
        None => None,
    };
    Ok(Entry::Bootstrap(bootstrap(task, opt, named, from)?.map(Box::new)))
}

/// The handler of a `go1.x` function: the name of its binary.
pub fn binary_name(spec: &BuildSpec) -> &str {
    let usual = family::rules(Family::Go).default_handler();
    spec.handler.as_deref().or(usual).unwrap_or_default()
}

/// The binary of a Go function, if it is there.
fn binary(
    spec: &BuildSpec,
    task: &FileTree,
    from: &Collector<'_>,
) -> Result<Option<(Program, bool)>, FunctionError> {
    let Ok(path) = ImagePath::new(binary_name(spec)) else { return Ok(None) };
    let Some(Node::File { content, executable }) = task.get(&path) else { return Ok(None) };
    let (origin, head) = (content.origin(), from.head(content)?);
    Ok(Some((Program { path, origin, head }, *executable)))
}

fn outside(file: &Path, from: &Collector<'_>) -> Result<Bootstrap, FunctionError> {
    let program = from.executable(file)?;
    let (content, head, executable) = (program.content, program.head, program.executable);
    Ok(Bootstrap { content, head, executable, found: Found::Outside })
}

/// A bootstrap in the function itself or in a Lambda layer, where Lambda looks for it in zips. `named` is the
/// path in the function of the file that is one, where another than `bootstrap` is.
fn bootstrap(
    task: &mut FileTree,
    opt: &FileTree,
    named: Option<ImagePath>,
    from: &Collector<'_>,
) -> Result<Option<Bootstrap>, FunctionError> {
    let [_, in_opt] = launcher::PLACES;
    let name = named.unwrap_or(image_path("bootstrap")?);
    if let Some(file) = followed(task, name.clone())
        && let Some(Node::File { content, executable }) = task.get(&file).cloned()
        && let Some(node) = task.remove(&name)
    {
        let (head, found) = (from.head(&content)?, Found::Function { name, node, file });
        return Ok(Some(Bootstrap { content, head, executable, found }));
    }
    let path = image_path(in_opt.trim_start_matches('/'))?;
    let Some(Node::File { content, executable }) = opt.get(&path).cloned() else { return Ok(None) };
    let head = from.head(&content)?;
    Ok(Some(Bootstrap { content, head, executable, found: Found::LambdaLayer }))
}

/// Where the function has the file that is named as its bootstrap, if it is one of its own: it is that file, not a
/// copy of it.
fn own_bootstrap(spec: &BuildSpec, task: &FileTree, file: &Path, is_file: bool) -> Option<ImagePath> {
    let root = if is_file { parent(&spec.path) } else { &spec.path };
    let within = fs::canonicalize(parent(file)).ok()?;
    let within = within.strip_prefix(fs::canonicalize(root).ok()?).ok()?;
    let path = ImagePath::new(within.join(file.file_name()?).to_str()?).ok()?;
    (launcher::is_plain(path.as_str()) && followed(task, path.clone()).is_some()).then_some(path)
}

/// The file of the function that `path` leads to by links.
fn followed(task: &FileTree, mut path: ImagePath) -> Option<ImagePath> {
    for _ in 0..LINKS_MAX {
        let target = match task.get(&path)? {
            Node::File { .. } => return Some(path),
            Node::Symlink { target, .. } => target,
            Node::Dir { .. } => return None,
        };
        let within = target.strip_prefix("/var/task/");
        if target.starts_with('/') && within.is_none() {
            return None;
        }
        let from = path.parent().filter(|_| within.is_none());
        let mut parts: Vec<&str> = from.as_ref().map(|dir| dir.components().collect()).unwrap_or_default();
        for part in within.unwrap_or(target).split('/') {
            match part {
                ".." => drop(parts.pop()?),
                "" | "." => {}
                _ => parts.push(part),
            }
        }
        path = ImagePath::new(&parts.join("/")).ok()?;
    }
    None
}
