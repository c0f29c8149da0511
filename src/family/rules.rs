//! `Rules`: the trait of a language family: handler, dependencies, and what is rewritten.

use super::error::FamilyError;
use super::function::Function;
use crate::epoch::Epoch;
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, ImagePath};

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
    /// [`FamilyError`], with the names that exist.
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
