//! What each language family expects of a function: its handler, its dependencies, its bytecode.

mod bytecode;
mod custom;
mod dotnet;
mod error;
mod function;
mod go;
mod java;
pub mod launcher;
mod nodejs;
mod python;
mod ruby;
mod rules;

pub use self::error::FamilyError;
pub(crate) use self::function::{Files, Function};
pub(crate) use self::rules::{IsDependency, Rules};
use crate::runtime::Family;
use crate::tree::{ImagePath, Node, Union};

impl Files for Union<'_> {
    fn file(&self, path: &str) -> Option<bool> {
        self.file_at(path).map(|node| matches!(node, Node::File { executable: true, .. }))
    }

    fn below(&self, directory: &str) -> Vec<String> {
        let rest =
            |path: &ImagePath| Some(path.as_str().strip_prefix(directory)?.strip_prefix('/')?.to_owned());
        let mut paths: Vec<_> = self.files().filter_map(rest).collect();
        paths.sort();
        paths.dedup();
        paths
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

/// The rules of `family`.
pub(crate) fn rules(family: Family) -> &'static dyn Rules {
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

/// The variable that names a program which is started in the place of the runtime, with the runtime as its arguments
/// (developer guide, "Modifying the runtime environment").
pub(crate) const EXEC_WRAPPER: &str = "AWS_LAMBDA_EXEC_WRAPPER";

/// The handler to use: the one given, else the family's usual one, checked against the files.
///
/// # Errors
/// [`FamilyError`].
pub(crate) fn handler(
    family: Family,
    given: Option<&str>,
    wrapped: bool,
    function: &Function<'_>,
) -> Result<String, FamilyError> {
    let rules = rules(family);
    let handler = given.or(rules.default_handler()).ok_or_else(|| FamilyError::NoHandler {
        family: family.as_str(),
        form: rules.form(),
        found: rules.found(function),
    })?;
    check(family, handler, wrapped, function)?;
    Ok(handler.to_owned())
}

/// Judges a handler. What is `wrapped` starts by a program that [`EXEC_WRAPPER`] names, which may start a file of the
/// function and not the runtime: then the handler is that file, such as the `run.sh` of the Lambda Web Adapter.
pub(crate) fn check(
    family: Family,
    handler: &str,
    wrapped: bool,
    function: &Function<'_>,
) -> Result<(), FamilyError> {
    if wrapped && function.has_task(handler) {
        return Ok(());
    }
    rules(family).check(handler, function)
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
