//! Where the bootstrap of a function is, and what starts it there.

use std::fs;
use std::path::Path;

use super::{Planner, image_path};
use crate::build::error::BuildError;
use crate::family::launcher;
use crate::store::parent;
use crate::survey::probes::script::LINE_MAX;
use crate::tree::{Content, FileTree, ImagePath, Node};

/// What AWS's entry script starts, and the embedded base.
pub const BOOTSTRAP: &str = "var/runtime/bootstrap";

/// How many links Linux follows (`ELOOP`, path_resolution(7)).
const LINKS_MAX: usize = 40;

/// A bootstrap that was found.
pub struct Bootstrap {
    /// Its bytes.
    content: Content,
    /// Where it stays, because there are files beside it or it was named there; else it moves to [`BOOTSTRAP`].
    stays: Option<Stays>,
}

struct Stays {
    /// The place, with a leading slash.
    place: String,
    /// What the bootstrap's own layer has of it there.
    node: Option<Node>,
    /// The file itself, where the place is a link.
    target: Option<ImagePath>,
}

impl Bootstrap {
    /// One that stands alone, and moves.
    pub fn alone(content: Content) -> Self {
        Self { content, stays: None }
    }
}

impl Planner<'_> {
    /// The tree of a bootstrap: it alone at [`BOOTSTRAP`], or at its place and there what starts it.
    pub(super) fn placed(&mut self, bootstrap: Bootstrap, made_here: bool) -> Result<FileTree, BuildError> {
        let mut tree = FileTree::new();
        let (path, content) = (image_path(BOOTSTRAP)?, bootstrap.content);
        let Some(Stays { place, node, target }) = bootstrap.stays else {
            self.started.push((path.clone(), content.clone()));
            tree.insert(path, Node::File { content, executable: true })?;
            return Ok(tree);
        };
        let head = content
            .peek(LINE_MAX as u64)
            .map_err(|source| crate::pack::PackError::Read { origin: content.origin(), source })?;
        let script = launcher::script(&head, &place);
        if made_here {
            // What the image starts is a file, not a link to one: AWS advises against that.
            self.entry = match (&target, &script) {
                (None, _) => Some(place.clone()),
                (Some(target), None) => Some(format!("/var/task/{target}")),
                (Some(_), Some(_)) => None,
            };
        }
        let starter = match script {
            Some(text) => {
                let content = Content::bytes("the launcher of the bootstrap", text.into_bytes());
                Node::File { content, executable: true }
            }
            None => Node::Symlink { target: place.clone(), origin: content.origin() },
        };
        let place = image_path(place.trim_start_matches('/'))?;
        self.started.push((place.clone(), content));
        if let Some(node) = node {
            tree.insert(place, node)?;
        }
        tree.insert(path, starter)?;
        Ok(tree)
    }

    /// A bootstrap in the function itself or in a Lambda layer, where Lambda looks for it in zips. `named` is the
    /// path in the function of the file that is one, where another than `bootstrap` is.
    pub(super) fn found_bootstrap(
        &mut self,
        task: &mut FileTree,
        (opt, added): (&FileTree, &FileTree),
        named: Option<ImagePath>,
    ) -> Result<Option<Bootstrap>, BuildError> {
        let [_, in_opt] = launcher::PLACES;
        let name = named.unwrap_or(image_path("bootstrap")?);
        if let Some(target) = followed(task, name.clone())
            && let Some(Node::File { content, executable }) = task.get(&target).cloned()
        {
            self.note_executable(&content, executable);
            let is_link = target != name;
            if is_link {
                task.replace(&target, Node::File { content: content.clone(), executable: true });
            }
            let own = task.remove(&name);
            // What an option names may be the handler, too.
            let stays = self.spec.bootstrap.is_some() || has_files(task, "") || has_files(added, "var/task/");
            let node =
                if is_link { own } else { Some(Node::File { content: content.clone(), executable: true }) };
            let stays = stays.then(|| Stays {
                place: format!("/var/task/{name}"),
                node,
                target: Some(target).filter(|_| is_link),
            });
            return Ok(Some(Bootstrap { content, stays }));
        }
        let path = image_path(in_opt.trim_start_matches('/'))?;
        let Some(Node::File { content, executable }) = opt.get(&path).cloned() else { return Ok(None) };
        self.note_executable(&content, executable);
        // It is in its layer already, which many functions share.
        let beside = opt.iter().any(|(other, node)| *other != path && !matches!(node, Node::Dir { .. }));
        let stays =
            (beside && executable).then(|| Stays { place: in_opt.to_owned(), node: None, target: None });
        Ok(Some(Bootstrap { content, stays }))
    }

    /// Where the function has the file that is named as its bootstrap, if it is one of its own: it is that file, not a
    /// copy of it.
    pub(super) fn own_bootstrap(&self, task: &FileTree, file: &Path, single: bool) -> Option<ImagePath> {
        let root = if single { parent(&self.spec.path) } else { &self.spec.path };
        let within = fs::canonicalize(parent(file)).ok()?;
        let within = within.strip_prefix(fs::canonicalize(root).ok()?).ok()?;
        let path = ImagePath::new(within.join(file.file_name()?).to_str()?).ok()?;
        (launcher::is_plain(path.as_str()) && followed(task, path.clone()).is_some()).then_some(path)
    }

    fn note_executable(&mut self, content: &Content, executable: bool) {
        if !executable {
            self.made_executable(content);
        }
    }
}

/// Whether a tree has more than directories below `dir`.
fn has_files(tree: &FileTree, dir: &str) -> bool {
    tree.iter().any(|(path, node)| path.as_str().starts_with(dir) && !matches!(node, Node::Dir { .. }))
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
