//! `Fault`: one thing that a check finds wrong, and where.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One fault that a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What is faulty.
    pub location: Location,
    /// What is wrong with it, with the values: a clause in lower case, without a full stop.
    pub message: String,
    /// What to do, in the same form.
    pub fix: String,
}

/// A part of an image, in the order in which findings are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Location {
    /// The image as a whole.
    Image,
    /// The manifest, or the index in its place.
    Manifest,
    /// A field of the configuration, such as `config.User`.
    Config(Cow<'static, str>),
    /// A layer, counted from 0, the lowest.
    Layer(usize),
    /// A path of the image, without a leading slash, and the layer that it is from.
    Path(usize, String),
}

impl Fault {
    /// A fault at `location`.
    pub fn new(location: Location, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { location, message: message.into(), fix: fix.into() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Image => f.write_str("image"),
            Location::Manifest => f.write_str("manifest"),
            Location::Config(field) => f.write_str(field),
            Location::Layer(layer) => write!(f, "layer {layer}"),
            Location::Path(_, path) => write!(f, "/{}", path.escape_debug()),
        }
    }
}
