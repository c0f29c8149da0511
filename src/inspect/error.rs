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
    /// Its manifest or its configuration is malformed.
    #[error("the {what} of `{image}` is malformed: {why}")]
    Document {
        /// The image.
        image: String,
        /// `manifest` or `image configuration`.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A layer that cannot be read to its end, or is not the one that the manifest names.
    #[error("layer {layer} of `{image}` is damaged: {why}")]
    Layer {
        /// The image.
        image: String,
        /// The layer, counted from 0, the lowest.
        layer: usize,
        /// Why, as a clause about the layer.
        why: String,
    },
    /// A layer that the image does not have.
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
        0 => "it has none".to_owned(),
        1 => "its only one is layer 0".to_owned(),
        _ => format!("its layers are 0 to {}", layers - 1),
    }
}
