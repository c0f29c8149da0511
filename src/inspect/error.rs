//! Why an image cannot be shown or compared.

use crate::examine::ExamineError;
use crate::source::SourceError;

/// Why an image cannot be shown or compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// It cannot be found or read.
    #[error(transparent)]
    Examine(#[from] ExamineError),
    /// The document is not what it should be.
    #[error("the {what} of `{image}` is malformed: {why}")]
    Document {
        /// The image.
        image: String,
        /// `manifest` or `image configuration`.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The layer cannot be read completely, or it is not the one that the manifest names.
    #[error("layer {layer} of `{image}` is damaged: {why}")]
    Layer {
        /// The image.
        image: String,
        /// The layer, counted from 0, the lowest.
        layer: usize,
        /// Why, as a clause about the layer.
        why: String,
    },
    /// The image does not have this layer.
    #[error("`{image}` has no layer {layer}: {}", count(*.layers))]
    NoLayer {
        /// The image.
        image: String,
        /// The layer that was asked for, counted from 0.
        layer: usize,
        /// How many there are.
        layers: usize,
    },
}

impl From<SourceError> for InspectError {
    fn from(error: SourceError) -> Self {
        InspectError::Examine(error.into())
    }
}

fn count(layers: usize) -> String {
    match layers {
        0 => "it has no layers".to_owned(),
        1 => "its only layer is layer 0".to_owned(),
        _ => format!("its layers are 0 to {}", layers - 1),
    }
}
