//! What each language family expects of a function: its handler, its dependencies, its bytecode.

mod bytecode;
mod custom;
mod dotnet;
mod go;
mod java;
mod nodejs;
mod python;
mod ruby;

use std::fmt;
use std::io;

use crate::epoch::Epoch;
use crate::runtime::Family;
use crate::tree::{Content, FileTree, ImagePath, Node};

/// A function as its image will hold it.
#[derive(Clone, Copy)]
pub struct Function<'a> {
    /// Below `/var/task`.
    pub task: &'a FileTree,
    /// Below `/opt`: the Lambda layers.
    pub opt: &'a FileTree,
}

impl Function<'_> {
    /// Whether the function has a file or link at `path` of the task root.
    fn has(&self, path: &str) -> bool {
        has(self.task, path)
    }

    /// The files that a mistaken handler may have meant: those of the task root that `wanted` picks.
    fn candidates(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let paths = self.task.files().map(|(path, _)| path.to_string());
        paths.filter(|path| wanted(path)).collect()
    }
}

/// Whether `tree` has a file or link at `path`.
fn has(tree: &FileTree, path: &str) -> bool {
    let node = ImagePath::new(path).ok().and_then(|path| tree.get(&path));
    node.is_some_and(|node| !matches!(node, Node::Dir { .. }))
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
        let origin = content.origin();
        move |source| FamilyError::Read { origin: origin.clone(), source }
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
    fn prepare(&self, _tree: &mut FileTree, _epoch: Epoch) -> Result<Vec<String>, FamilyError> {
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
