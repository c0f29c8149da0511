//! What each language family expects of a function: its handler, its dependencies, its bytecode.

mod bytecode;
mod custom;
mod dotnet;
mod go;
mod java;
pub mod launcher;
mod nodejs;
mod python;
mod ruby;

use std::fmt;
use std::io;

use crate::epoch::Epoch;
use crate::runtime::Family;
use crate::tree::file_facts::Facts;
use crate::tree::{Content, FileTree, ImagePath, Node};

/// The files of an image, as far as they are the function's: those of a build, or what was found in one.
pub trait Files {
    /// Whether a path of the image, relative to its root, leads to a file, links followed; and if so,
    /// whether anyone may execute it.
    fn file(&self, path: &str) -> Option<bool>;

    /// The regular files below a directory of the image, by their paths below it.
    fn below(&self, directory: &str) -> Vec<String>;

    /// Whether the jar at a path has an entry of that name.
    ///
    /// # Errors
    /// [`FamilyError::Read`].
    fn jar_holds(&self, jar: &str, entry: &str) -> Result<bool, FamilyError>;
}

impl Files for FileTree {
    fn file(&self, path: &str) -> Option<bool> {
        self.file_at(path).map(|node| matches!(node, Node::File { executable: true, .. }))
    }

    fn below(&self, directory: &str) -> Vec<String> {
        let rest =
            |path: &ImagePath| Some(path.as_str().strip_prefix(directory)?.strip_prefix('/')?.to_owned());
        self.files().filter_map(|(path, _)| rest(path)).collect()
    }

    fn jar_holds(&self, jar: &str, entry: &str) -> Result<bool, FamilyError> {
        match self.file_at(jar) {
            Some(Node::File { content, .. }) => {
                java::holds(content, entry).map_err(FamilyError::reading(content))
            }
            _ => Ok(false),
        }
    }
}

/// A function as its image holds it: everything that there is besides the base.
#[derive(Clone, Copy)]
pub struct Function<'a>(pub &'a dyn Files);

impl Function<'_> {
    /// Whether a path of the image, relative to its root, leads to a file.
    fn has(&self, path: &str) -> bool {
        self.0.file(path).is_some()
    }

    /// Whether the task root has a file at `path`, links followed.
    fn has_task(&self, path: &str) -> bool {
        self.has(&format!("var/task/{path}"))
    }

    /// Whether the Lambda layers have a file at `path`, links followed.
    fn has_opt(&self, path: &str) -> bool {
        self.has(&format!("opt/{path}"))
    }

    /// The files that a mistaken handler may have meant: those of the task root that `wanted` picks.
    fn candidates(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut paths = self.0.below("var/task");
        paths.retain(|path| wanted(path));
        paths
    }
}

/// Why a function and its family do not go together.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// The handler names what is not there.
    #[error("handler `{handler}`: the function has no {wanted}; there is {}", List(found, "nothing like it"))]
    Missing {
        /// The handler.
        handler: String,
        /// What it names.
        wanted: String,
        /// What is there of that kind.
        found: Vec<String>,
    },
    /// The handler is not of the family's form.
    #[error("handler `{handler}` is not of the form {form}")]
    Form {
        /// The handler.
        handler: String,
        /// The form.
        form: &'static str,
    },
    /// Families without a usual handler need one.
    #[error(
        "no handler: a {family} function needs one of the form {form}; the function has {}",
        List(found, "none")
    )]
    NoHandler {
        /// The family.
        family: &'static str,
        /// The form.
        form: &'static str,
        /// What is there that may be meant.
        found: Vec<String>,
    },
    /// .NET wants one file of the kind.
    #[error(
        "a .NET function needs exactly one `{kind}` beside its assembly; the function has {}",
        List(found, "none")
    )]
    NotOne {
        /// Ending of the file's name.
        kind: &'static str,
        /// What is there.
        found: Vec<String>,
    },
    /// A file that describes the function could not be read.
    #[error("read `{origin}`")]
    Read {
        /// The file.
        origin: String,
        /// What is wrong.
        source: io::Error,
    },
}

impl FamilyError {
    fn reading(content: &Content) -> impl Fn(io::Error) -> FamilyError {
        |source| FamilyError::Read { origin: content.origin(), source }
    }
}

/// A few of many, for messages, and what to say for none.
struct List<'a>(&'a [String], &'static str);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let shown: Vec<_> = self.0.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        match self.0.len() {
            0 => f.write_str(self.1),
            count if count > SHOWN => write!(f, "{} and {} more", shown.join(", "), count - SHOWN),
            _ => f.write_str(&shown.join(", ")),
        }
    }
}

/// Whether a path of the task root belongs to the dependencies.
pub type IsDependency = Box<dyn Fn(&ImagePath) -> bool>;

/// The rules of one family.
pub trait Rules: Sync {
    /// The handler of a function that names none, where the family has a usual one.
    fn default_handler(&self) -> Option<&'static str>;

    /// How a handler is written.
    fn form(&self) -> &'static str;

    /// The files that a handler could name: for messages.
    fn found(&self, function: &Function<'_>) -> Vec<String>;

    /// Checks that what the handler names is there, as far as files tell.
    ///
    /// # Errors
    /// [`FamilyError`], listing what is there instead.
    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError>;

    /// Which files are dependencies: those that change less often than the code.
    ///
    /// # Errors
    /// [`FamilyError::Read`] where a file that lists them cannot be read.
    fn dependencies(&self, _task: &FileTree) -> Result<IsDependency, FamilyError> {
        Ok(Box::new(|_| false))
    }

    /// Makes files fit for fixed times, and tells what could not be.
    ///
    /// # Errors
    /// [`FamilyError::Read`].
    fn prepare(
        &self,
        _tree: &mut FileTree,
        _epoch: Epoch,
        _facts: &Facts,
    ) -> Result<Vec<String>, FamilyError> {
        Ok(Vec::new())
    }
}

/// The rules of `family`.
pub fn rules(family: Family) -> &'static dyn Rules {
    match family {
        Family::Python => &python::Python,
        Family::Nodejs => &nodejs::Nodejs,
        Family::Ruby => &ruby::Ruby,
        Family::Java => &java::Java,
        Family::Dotnet => &dotnet::Dotnet,
        Family::Go => &go::Go,
        Family::Custom => &custom::Custom,
    }
}

/// The handler to use: the one given, else the family's usual one, checked against the files.
///
/// # Errors
/// [`FamilyError`].
pub fn handler(family: Family, given: Option<&str>, function: &Function<'_>) -> Result<String, FamilyError> {
    let rules = rules(family);
    let handler = given.or(rules.default_handler()).ok_or_else(|| FamilyError::NoHandler {
        family: family.as_str(),
        form: rules.form(),
        found: rules.found(function),
    })?;
    rules.check(handler, function)?;
    Ok(handler.to_owned())
}

#[cfg(test)]
mod testing {
    use crate::tree::{Content, FileTree, ImagePath, Node};

    /// An image of these files below its task root and its `/opt`.
    pub fn image(task: &[&str], opt: &[&str]) -> FileTree {
        let mut image = FileTree::new();
        for (directory, names) in [("var/task", task), ("opt", opt)] {
            image.graft(tree(names).below(&ImagePath::new(directory).unwrap()).unwrap()).unwrap();
        }
        image
    }

    /// A tree of files that hold their own names; executable below `bin`.
    pub fn tree(names: &[&str]) -> FileTree {
        let mut tree = FileTree::new();
        names.iter().for_each(|name| add(&mut tree, name, name));
        tree
    }

    pub fn add(tree: &mut FileTree, name: &str, text: &str) {
        let content = Content::bytes(name, text.as_bytes());
        let executable = name.starts_with("bin/");
        tree.insert(ImagePath::new(name).unwrap(), Node::File { content, executable }).unwrap();
    }
}
