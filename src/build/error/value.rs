//! A value that an image cannot have.

/// A choice of the [`BuildSpec`](crate::build::BuildSpec) with a value that an image cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} `{}` {why}", value.escape_debug())]
#[non_exhaustive]
pub struct InvalidValue {
    /// What was chosen, in words: `variable`, for example.
    pub field: &'static str,
    /// The value: `NAME=VALUE` of pairs, a JSON array of words.
    pub value: String,
    /// Why it cannot be used, as a clause about the value.
    pub why: &'static str,
}
