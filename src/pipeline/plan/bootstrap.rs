//! Where the bootstrap of a function is, and what starts it there.

use super::{Planner, image_path};
use crate::family::launcher;
use crate::pipeline::error::BuildError;
use crate::survey::script::LINE_MAX;
use crate::tree::{Content, FileTree, ImagePath, Node};

/// What AWS's entry script starts, and the embedded base.
pub const BOOTSTRAP: &str = "var/runtime/bootstrap";

/// How many links Linux follows (`ELOOP`, path_resolution(7)).
const LINKS_MAX: usize = 40;

/// A bootstrap that was found.
pub struct Bootstrap {
    /// Its bytes.
    content: Content,
    /// Where it stays, because there are files beside it; else it moves to [`BOOTSTRAP`].
    stays: Option<Stays>,
}

struct Stays {
    /// The place, with a leading slash.
    place: &'static str,
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
        let script = launcher::script(&head, place);
        if made_here {
            // What the image starts is a file, not a link to one: AWS advises against that.
            self.entry = match (&target, &script) {
                (None, _) => Some(place.to_owned()),
                (Some(target), None) => Some(format!("/var/task/{target}")),
                (Some(_), Some(_)) => None,
            };
        }
        let starter = match script {
            Some(text) => {
                let content = Content::bytes("the launcher of the bootstrap", text.into_bytes());
                Node::File { content, executable: true }
            }
            None => Node::Symlink { target: place.to_owned(), origin: content.origin() },
        };
        let place = image_path(place.trim_start_matches('/'))?;
        self.started.push((place.clone(), content));
        if let Some(node) = node {
            tree.insert(place, node)?;
        }
        tree.insert(path, starter)?;
        Ok(tree)
    }

    /// A bootstrap in the function itself or in a Lambda layer, where Lambda looks for it in zips. `single` is the
    /// path of a function that is one file.
    pub(super) fn found_bootstrap(
        &mut self,
        task: &mut FileTree,
        (opt, added): (&FileTree, &FileTree),
        single: Option<ImagePath>,
    ) -> Result<Option<Bootstrap>, BuildError> {
        let [in_task, in_opt] = launcher::PLACES;
        let name = single.unwrap_or(image_path("bootstrap")?);
        if let Some(target) = followed(task, name.clone())
            && let Some(Node::File { content, executable }) = task.get(&target).cloned()
        {
            self.note_executable(&content, executable);
            let is_link = target != name;
            if is_link {
                task.replace(&target, Node::File { content: content.clone(), executable: true });
            }
            let own = task.remove(&name);
            let stays = has_files(task, "") || has_files(added, "var/task/");
            let node =
                if is_link { own } else { Some(Node::File { content: content.clone(), executable: true }) };
            let stays =
                stays.then_some(Stays { place: in_task, node, target: Some(target).filter(|_| is_link) });
            return Ok(Some(Bootstrap { content, stays }));
        }
        let path = image_path(in_opt.trim_start_matches('/'))?;
        let Some(Node::File { content, executable }) = opt.get(&path).cloned() else { return Ok(None) };
        self.note_executable(&content, executable);
        // It is in its layer already, which many functions share.
        let beside = opt.iter().any(|(other, node)| *other != path && !matches!(node, Node::Dir { .. }));
        let stays = (beside && executable).then_some(Stays { place: in_opt, node: None, target: None });
        Ok(Some(Bootstrap { content, stays }))
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
