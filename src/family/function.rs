//! `Function`: the files of a function, as the rules of its language family see them.

use super::error::FamilyError;

/// The files of an image, as far as they are the function's: those of a build, or what was found in one.
pub trait Files {
    /// Whether a path of the image, relative to its root, leads to a file, links followed; and if so,
    /// whether a user may execute it.
    fn file(&self, path: &str) -> Option<bool>;

    /// The regular files below a directory of the image, by their paths below it.
    fn below(&self, directory: &str) -> Vec<String>;

    /// Whether the jar at a path has an entry of that name.
    ///
    /// # Errors
    /// [`FamilyError::Read`].
    fn jar_holds(&self, jar: &str, entry: &str) -> Result<bool, FamilyError>;
}

/// A function as its image holds it: everything that there is besides the base.
#[derive(Clone, Copy)]
pub struct Function<'a>(pub &'a dyn Files);

impl Function<'_> {
    /// Whether a path of the image, relative to its root, leads to a file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.file(path).is_some()
    }

    /// Whether the task root has a file at `path`, links followed.
    pub(super) fn has_task(&self, path: &str) -> bool {
        self.has(&format!("var/task/{path}"))
    }

    /// Whether the Lambda layers have a file at `path`, links followed.
    pub(super) fn has_opt(&self, path: &str) -> bool {
        self.has(&format!("opt/{path}"))
    }

    /// The files that a mistaken handler may have meant: those of the task root that `wanted` picks.
    pub(super) fn candidates(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut paths = self.0.below("var/task");
        paths.retain(|path| wanted(path));
        paths
    }
}
