//! The programs that images start: found, moved to where they are looked for, and made executable.

use std::path::PathBuf;

use super::bootstrap::{BOOTSTRAP, Bootstrap};
use super::{Planner, image_path};
use crate::build::error::BuildError;
use crate::family;
use crate::input::{Exclusions, Kind};
use crate::runtime::Family;
use crate::tree::{Content, FileTree, ImagePath, Node};

impl Planner<'_> {
    /// The task root, and the tree of the bootstrap where one is needed.
    pub(super) fn function(
        &mut self,
        written: Vec<PathBuf>,
        opt: &FileTree,
        added: &FileTree,
    ) -> Result<(FileTree, FileTree), BuildError> {
        let exclusions = Exclusions {
            globs: self.spec.excludes.clone(),
            outputs: written,
            ignore_file: true,
            tools: !self.spec.no_default_excludes,
        };
        let collected = self.shared.collect(&self.spec.path, &exclusions, self.run)?;
        self.left_out.clone_from(&collected.left_out);
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
        let named = match &self.spec.bootstrap {
            Some(file) => self.own_bootstrap(&task, file, single),
            None if single && family == Family::Custom => task.iter().next().map(|(path, _)| path.clone()),
            None => None,
        };
        let found = match &self.spec.bootstrap {
            Some(file) if named.is_none() => Some(Bootstrap::alone(self.executable(file)?.1)),
            _ => self.found_bootstrap(&mut task, (opt, added), named)?,
        };
        let tree = match found {
            Some(bootstrap) => self.placed(bootstrap, made_here)?,
            // Another entry point needs no bootstrap, and one may have been added by its path.
            None if self.spec.entrypoint.is_some() || added.file_at(BOOTSTRAP).is_some() => FileTree::new(),
            None => {
                let base =
                    self.spec.base.as_ref().map_or("the runtime's image".to_owned(), ToString::to_string);
                let path = self.spec.path.clone();
                if family == Family::Custom {
                    return Err(BuildError::NoBootstrap { path, base });
                }
                return Err(BuildError::NoLanguage { base, runtime: self.profile.name.clone(), path });
            }
        };
        Ok((task, tree))
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

    pub(super) fn made_executable(&mut self, content: &Content) {
        self.warnings.push(format!("`{}` was not executable; it is in the image", content.origin()));
    }

    /// A file that is to be executed: its name and content.
    pub(super) fn executable(&mut self, path: &PathBuf) -> Result<(String, Content), BuildError> {
        let collected = self.shared.collect_plain(path, self.run)?;
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
}
