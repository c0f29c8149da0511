//! How two images differ.

use super::fields::Field;
use super::files::Files;
use super::pairs::Pair;
use super::side::Identity;
use crate::inspect::Layer;

/// How two images differ.
pub struct Difference {
    /// The first image.
    pub a: Identity,
    /// The second image.
    pub b: Identity,
    /// Whether they are one image: by the digests of their manifests, where both have one, else by those of
    /// their configurations.
    pub same: bool,
    /// Fields of the manifests and configurations that differ.
    pub fields: Vec<Field>,
    /// The layers, each with its counterpart.
    pub layers: Vec<LayerDifference>,
    /// Why the digests differ, as far as it is known: what is about the image first.
    pub causes: Vec<Cause>,
}

/// Two layers, or one that has no counterpart.
pub struct LayerDifference {
    /// Which they are.
    pub pair: Pair,
    /// The layer of A.
    pub a: Option<Layer>,
    /// The layer of B.
    pub b: Option<Layer>,
    /// How they differ.
    pub state: State,
}

/// How two layers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not at all.
    Same,
    /// The same tar, with other compression.
    Repacked,
    /// They differ and were not read, because they belong to a base or are compressed with zstd.
    NotRead,
    /// In these files. Of a layer without counterpart all are added or removed.
    Files(Files),
}

/// A reason for which two images differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its name: words of lower case and hyphens.
    pub id: &'static str,
    /// Which of [`Difference::layers`] it is about; else the image.
    pub layer: Option<usize>,
    /// A sentence without its full stop.
    pub sentence: String,
}
