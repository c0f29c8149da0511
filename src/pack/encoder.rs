//! `ENCODER`: name and version of the compressor of the layer format, for people who compare two tools.

use super::blocks;

/// An encoder, told completely: equal ones write equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoder {
    /// The crate.
    pub name: &'static str,
    /// Its version, pinned in `Cargo.toml`.
    pub version: &'static str,
    /// The most bytes of a block.
    pub block_size: usize,
}

/// The encoder of the layer format.
pub const ENCODER: Encoder =
    Encoder { name: "lambda-img-deflate", version: lambda_img_deflate::VERSION, block_size: blocks::MAX };
