//! Why a text is not a mirror.

/// The text does not name a registry and its mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a mirror of the form HOST=HOST[/PREFIX]: {why}")]
pub struct InvalidMirror {
    pub(super) text: String,
    pub(super) why: String,
}
