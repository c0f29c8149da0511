//! Why a function does not fit its runtime.

use std::fmt;
use std::io;

use crate::tree::Content;

/// Why a function does not fit its runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FamilyError {
    /// The handler names a file that the function does not have.
    #[error("handler `{handler}`: the function has no {wanted}; it has {}", List(found, "nothing similar"))]
    Missing {
        /// The handler.
        handler: String,
        /// What it names.
        wanted: String,
        /// What the function has of that kind.
        found: Vec<String>,
    },
    /// Each runtime has its own form of handlers.
    #[error("handler `{handler}` is not of the form {form}")]
    Form {
        /// The handler.
        handler: String,
        /// The form.
        form: &'static str,
    },
    /// The runtime has no default handler.
    #[error(
        "no handler is set: a {family} function needs one of the form {form}; the function has {}",
        List(found, "none")
    )]
    NoHandler {
        /// The family.
        family: &'static str,
        /// The form.
        form: &'static str,
        /// The files that can be meant.
        found: Vec<String>,
    },
    /// The .NET runtime needs the output of `dotnet publish`.
    #[error(
        "a .NET function needs exactly one `{kind}` next to its assembly; the function has {}",
        List(found, "none")
    )]
    NotOne {
        /// Ending of the file's name.
        kind: &'static str,
        /// What the function has.
        found: Vec<String>,
    },
    /// A file of the function cannot be read.
    #[error("cannot read `{origin}`")]
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

/// A few of many, for messages, and the text for an empty list.
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
