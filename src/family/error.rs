//! Errors about a function that does not fit its language family.

use std::fmt;
use std::io;

use crate::tree::Content;

/// Why a function and its family do not go together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FamilyError {
    /// The handler names a file or function that does not exist.
    #[error("handler `{handler}`: the function has no {wanted}; there is {}", List(found, "nothing like it"))]
    Missing {
        /// The handler.
        handler: String,
        /// What it names.
        wanted: String,
        /// The existing files of that kind.
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
        /// Existing names that may be meant.
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
        /// The existing names.
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
    pub(super) fn reading(content: &Content) -> impl Fn(io::Error) -> FamilyError {
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
