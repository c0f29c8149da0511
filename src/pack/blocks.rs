//! Where the tar stream is cut into blocks: a rule of paths and sizes, never of offsets or threads.
//!
//! A cut depends on what stands near it, so that a file put in or taken out moves few blocks. The blocks of a large file
//! are segments: they hold its bytes alone, wherever it stands and whatever it is called.

use crate::tree::ImagePath;

/// The most bytes of a block, but for the records that end an archive.
pub const MAX: usize = 1 << 20;

/// The least bytes of a file that has blocks of its own. They cost 0.1 % of the size of a layer of many files; at a quarter
/// of it, it would be 0.5 to 1.1 %.
const LARGE: u64 = 1 << 16;

/// The least bytes of a block that is looked for before it is deflated.
pub const WORTH_KEEPING: usize = 1 << 15;

/// The least bytes after which a block may end at an entry whose path asks for it.
const MIN: usize = MAX / 2;

/// Whether a file of `size` bytes has blocks of its own.
pub fn is_large(size: u64) -> bool {
    size >= LARGE
}

/// Whether a block of `filled` bytes ends before an entry that adds `length` bytes to it, headers and padding
/// included.
pub fn ends_before(filled: usize, length: u64) -> bool {
    filled > 0 && length > (MAX - filled.min(MAX)) as u64
}

/// Whether a block of `filled` bytes ends behind the entry at `path`: one path in four asks for it.
pub fn ends_behind(filled: usize, path: &ImagePath) -> bool {
    filled >= MIN && crc32fast::hash(path.as_str().as_bytes()).is_multiple_of(4)
}
