//! Why the functions of a template are not drafted.

use super::files_error::NotRead;

/// Why the functions of a template are not drafted.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A template cannot be read.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// No image can be built of any function of a template.
    #[error("no function of `{file}` can be built: {why}")]
    NoneBuilt {
        /// The template.
        file: String,
        /// What is said of the first.
        why: String,
    },
}
