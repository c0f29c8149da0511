//! Why a text is not an output.

use crate::redact;

/// Why a text is not an output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOutput {
    /// The text does not begin with a kind of output.
    #[error(
        "`{0}` is not an output: use oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]"
    )]
    Kind(String),
    /// Outputs are printed one per line, so their paths cannot contain control characters.
    #[error("`{}` contains a control character, which the path of an output cannot have", redact::clean(.0))]
    Steers(String),
    /// The part after the path is not a tag.
    #[error(
        "`{tag}` in `{text}` is not a tag: a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and does not \
         begin with `.` or `-`"
    )]
    Tag {
        /// The output.
        text: String,
        /// Its tag.
        tag: String,
    },
    /// Docker does not accept this name.
    #[error("`{name}` in `{text}` is not a NAME:TAG: `docker load` accepts only names in lower case")]
    Name {
        /// The output.
        text: String,
        /// Its name and tag.
        name: String,
    },
}
