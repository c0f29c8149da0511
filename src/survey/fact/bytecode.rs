//! What the header of Python bytecode says.

use serde::{Deserialize, Serialize};

/// What the first bytes of a bytecode file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytecode {
    /// The magic number of the bytecode's form.
    pub magic: u16,
    /// How it is told whether it still fits its source.
    pub validity: Validity,
}

/// When Python takes a bytecode file for its source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Validity {
    /// When these are the source's.
    Time {
        /// Time of the last change in seconds since 1970, its lower 32 bits.
        mtime: u32,
        /// Size in bytes, its lower 32 bits; Python 2.7 records none.
        size: Option<u32>,
    },
    /// When the source hashes to the recorded value.
    Hash,
    /// Always.
    Unchecked,
}
