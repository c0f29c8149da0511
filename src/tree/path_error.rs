//! Why a text is not a path in an image.

use std::borrow::Cow;

/// The most bytes of a path in a message.
const SHOWN: usize = 256;

/// The text cannot be a path in an image.
#[derive(Debug, thiserror::Error)]
#[error("`{}` {reason}", shortened(path).escape_debug())]
pub struct InvalidPath {
    pub(super) path: String,
    pub(super) reason: &'static str,
}

impl InvalidPath {
    /// Why not, as a clause after the quoted path.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

/// A name for messages: of a long one, its start and its length.
pub fn shortened(name: &str) -> Cow<'_, str> {
    if name.len() <= SHOWN {
        return Cow::Borrowed(name);
    }
    let start = &name[..name.floor_char_boundary(SHOWN)];
    Cow::Owned(format!("{start}… ({} bytes)", name.len()))
}
