//! Where the bootstrap of a function goes, and what starts it there.

use crate::build::error::FunctionError;
use crate::build::gather::{Bootstrap, Entry, Found, is_made_here};
use crate::build::lay_out::{Program, image_path, note_executable};
use crate::build::spec::BuildSpec;
use crate::family::launcher;
use crate::runtime::{Family, RuntimeProfile};
use crate::tree::{Content, FileTree, ImagePath, Node};

/// What AWS's entry script starts, and the embedded base.
const BOOTSTRAP: &str = "var/runtime/bootstrap";

/// How a function is started.
#[derive(Default)]
pub struct Start {
    /// The layer of the bootstrap.
    pub tree: FileTree,
    /// The entry point, where it is another than the base's.
    pub entrypoint: Option<String>,
    /// The program itself, where it is the function's own.
    pub program: Option<Program>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What is wrong unless the base starts the function by itself: nothing else does.
    pub lacking: Option<FunctionError>,
}

/// Where a bootstrap stays, because there are files next to it or because it was named there.
struct Stays {
    /// The path, with a leading slash.
    path: String,
    /// What the bootstrap's own layer has of it there.
    node: Option<Node>,
    /// The file itself, where the path is a link.
    file: Option<ImagePath>,
}

/// Puts what starts the function where the image starts it. `task` is the function without its bootstrap.
pub fn place(
    spec: &BuildSpec,
    profile: &RuntimeProfile,
    entry: Entry,
    task: &mut FileTree,
    (opt, added): (&FileTree, &FileTree),
) -> Result<Start, FunctionError> {
    match entry {
        Entry::Runtime | Entry::Binary(None) => Ok(Start::default()),
        Entry::Binary(Some((program, executable))) => binary(program, executable, task),
        Entry::Bootstrap(Some(bootstrap)) => {
            let mut warnings = Vec::new();
            note_executable(&mut warnings, &bootstrap.content, bootstrap.executable);
            let stays = stays(spec, &bootstrap, task, (opt, added))?;
            Ok(Start { warnings, ..start(*bootstrap, stays, is_made_here(spec))? })
        }
        // Another entry point needs no bootstrap, and one may have been added by its path.
        Entry::Bootstrap(None) if spec.entrypoint.is_some() || added.file_at(BOOTSTRAP).is_some() => {
            Ok(Start::default())
        }
        Entry::Bootstrap(None) => {
            let base = spec.base.as_ref().map_or("the runtime's image".to_owned(), ToString::to_string);
            let (path, runtime) = (spec.path.clone(), profile.name.clone());
            let lacking = match profile.family {
                Family::Custom => FunctionError::NoBootstrap { path, base },
                _ => FunctionError::NoLanguage { base, runtime, path },
            };
            // A base of the user's own may bring a runtime; AWS's for custom runtimes has none.
            let may_start = spec.base.is_some() && !is_made_here(spec);
            if may_start { Ok(Start { lacking: Some(lacking), ..Start::default() }) } else { Err(lacking) }
        }
    }
}

/// The binary of a Go function is made executable: zips made on Windows do not have it.
fn binary(program: Program, executable: bool, task: &mut FileTree) -> Result<Start, FunctionError> {
    let mut warnings = Vec::new();
    if !executable && let Some(Node::File { content, .. }) = task.get(&program.path).cloned() {
        note_executable(&mut warnings, &content, executable);
        task.replace(&program.path, Node::File { content, executable: true });
    }
    let program = Program { path: image_path("var/task")?.join(&program.path), ..program };
    Ok(Start { program: Some(program), warnings, ..Start::default() })
}

/// Where the bootstrap stays; else it moves to [`BOOTSTRAP`].
fn stays(
    spec: &BuildSpec,
    bootstrap: &Bootstrap,
    task: &mut FileTree,
    (opt, added): (&FileTree, &FileTree),
) -> Result<Option<Stays>, FunctionError> {
    let executable = |content: &Content| Node::File { content: content.clone(), executable: true };
    Ok(match &bootstrap.found {
        Found::Outside => None,
        Found::Function { name, node, file } => {
            let is_link = file != name;
            if is_link {
                task.replace(file, executable(&bootstrap.content));
            }
            // What an option names may be the handler, too.
            let stays = spec.bootstrap.is_some() || has_files(task, "") || has_files(added, "var/task/");
            stays.then(|| Stays {
                path: format!("/var/task/{name}"),
                node: Some(if is_link { node.clone() } else { executable(&bootstrap.content) }),
                file: is_link.then(|| file.clone()),
            })
        }
        Found::LambdaLayer => {
            let [_, path] = launcher::PLACES;
            let own = image_path(path.trim_start_matches('/'))?;
            // It is in its layer already, which many functions share.
            let beside = opt.iter().any(|(other, node)| *other != own && !matches!(node, Node::Dir { .. }));
            (beside && bootstrap.executable).then(|| Stays { path: path.to_owned(), node: None, file: None })
        }
    })
}

/// The tree of a bootstrap: it alone at [`BOOTSTRAP`], or at its own path and there what starts it.
fn start(bootstrap: Bootstrap, stays: Option<Stays>, made_here: bool) -> Result<Start, FunctionError> {
    let Bootstrap { content, head, .. } = bootstrap;
    let (mut tree, path, origin) = (FileTree::new(), image_path(BOOTSTRAP)?, content.origin());
    let Some(Stays { path: own, node, file }) = stays else {
        tree.insert(path.clone(), Node::File { content, executable: true })?;
        return Ok(Start { tree, program: Some(Program { path, origin, head }), ..Start::default() });
    };
    let script = launcher::script(&head, &own);
    // What the image starts is a file, not a link to one: AWS advises against that.
    let entrypoint = match (&file, &script) {
        _ if !made_here => None,
        (None, _) => Some(own.clone()),
        (Some(file), None) => Some(format!("/var/task/{file}")),
        (Some(_), Some(_)) => None,
    };
    let starter = match script {
        Some(text) => {
            let content = Content::bytes("the launcher of the bootstrap", text.into_bytes());
            Node::File { content, executable: true }
        }
        None => Node::Symlink { target: own.clone(), origin: origin.clone() },
    };
    let own = image_path(own.trim_start_matches('/'))?;
    if let Some(node) = node {
        tree.insert(own.clone(), node)?;
    }
    tree.insert(path, starter)?;
    let program = Some(Program { path: own, origin, head });
    Ok(Start { tree, entrypoint, program, ..Start::default() })
}

/// Whether a tree has more than directories below `dir`.
fn has_files(tree: &FileTree, dir: &str) -> bool {
    tree.iter().any(|(path, node)| path.as_str().starts_with(dir) && !matches!(node, Node::Dir { .. }))
}
