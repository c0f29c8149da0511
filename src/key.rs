//! Keys of cache entries: BLAKE3 hashes, which are computed three times as fast as SHA-256. Keys are never part of an
//! image; digests in images are SHA-256.

// Not for users of the library: it is public for the command line and for tests.
#![doc(hidden)]

use std::fmt;

use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

/// A BLAKE3 hash, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// Bytes of a key.
    pub const SIZE: usize = 32;

    /// The key of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The key that these bytes are.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Computes a key from pieces. Where they are of any length, write their lengths too: [`KeyHasher::field`].
#[derive(Clone, Default)]
pub struct KeyHasher {
    hasher: blake3::Hasher,
    /// Small pieces that wait: BLAKE3 hashes several kilobytes at once five times as fast.
    waiting: Vec<u8>,
}

/// Bytes that wait, at most; larger pieces do not.
const WAITING: usize = 16 << 10;

impl KeyHasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        if self.waiting.len() + bytes.len() > WAITING {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
        match bytes.len() > WAITING {
            true => drop(self.hasher.update(bytes)),
            false => self.waiting.extend_from_slice(bytes),
        }
    }

    /// Adds a field and its length, so that no two lists of fields look alike.
    pub fn field(&mut self, bytes: &[u8]) {
        self.update(&(bytes.len() as u64).to_le_bytes());
        self.update(bytes);
    }

    /// The key.
    pub fn finish(mut self) -> Key {
        Key(*self.hasher.update(&self.waiting).finalize().as_bytes())
    }
}

/// The key of a file and those of its pieces, in one pass: BLAKE3 is a tree, and a piece is a subtree of its file's.
///
/// All pieces but the last have one size, a power of two of 1024 bytes or more. The key of a piece says which bytes
/// stand at which place of a file; that of the only piece of a file is the file's.
#[derive(Default)]
pub struct FileKey {
    pieces: Vec<ChainingValue>,
    /// Bytes before the next piece.
    at: u64,
}

impl FileKey {
    /// The key of the next piece of a larger file.
    pub fn piece(&mut self, bytes: &[u8]) -> Key {
        let mut hasher = blake3::Hasher::new();
        let value = hasher.set_input_offset(self.at).update(bytes).finalize_non_root();
        self.at += bytes.len() as u64;
        self.pieces.push(value);
        Key(value)
    }

    /// The key of the file, which has two pieces or more.
    pub fn finish(self) -> Key {
        let (left, right) = halves(&self.pieces);
        Key(*merge_subtrees_root(&merged(left), &merged(right), Mode::Hash).as_bytes())
    }
}

/// The largest power of two that leaves something for the right half.
fn halves(pieces: &[ChainingValue]) -> (&[ChainingValue], &[ChainingValue]) {
    pieces.split_at(pieces.len().next_power_of_two() / 2)
}

fn merged(pieces: &[ChainingValue]) -> ChainingValue {
    match pieces {
        [] => ChainingValue::default(),
        [one] => *one,
        _ => {
            let (left, right) = halves(pieces);
            merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_pieces_make_the_key_of_the_whole() {
        let bytes: Vec<u8> = (0..100_000u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
        for piece in [1, 700, WAITING - 1, WAITING, WAITING + 1, 70_000] {
            let mut hasher = KeyHasher::default();
            bytes.chunks(piece).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finish(), Key::of(&bytes), "in pieces of {piece}");
        }
    }

    #[test]
    fn the_pieces_of_a_file_make_its_key() {
        let bytes: Vec<u8> = (0..200_000u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
        for piece in [1024, 4096, 65_536] {
            for size in [piece + 1, 2 * piece, 2 * piece + 1, 3 * piece - 1, 170_001, 200_000] {
                let (bytes, mut keys) = (&bytes[..size.min(bytes.len())], FileKey::default());
                let pieces: Vec<_> = bytes.chunks(piece).map(|piece| keys.piece(piece)).collect();
                assert_eq!(keys.finish(), Key::of(bytes), "{size} in pieces of {piece}");
                assert!(pieces.iter().all(|key| *key != Key::of(bytes)));
            }
        }
    }
}
