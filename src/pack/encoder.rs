//! `ENCODER`: name, version and level of the compressor of layer format 2, for people who compare two tools.

use super::{blocks, gzip};

/// An encoder, told completely: equal ones write equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoder {
    /// The crate.
    pub name: &'static str,
    /// Its version, pinned in `Cargo.toml`.
    pub version: &'static str,
    /// Its level of compression.
    pub level: u32,
    /// The most bytes of a block.
    pub block_size: usize,
}

/// The encoder of layer format 2.
pub const ENCODER: Encoder =
    Encoder { name: "zlib-rs", version: "0.6.8", level: gzip::LEVEL, block_size: blocks::MAX };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_is_compiled_in() {
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"{}\"\nversion = \"{}\"\n", ENCODER.name, ENCODER.version)));
    }
}
