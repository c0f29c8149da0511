//! Layer format 2: from a tree to the bytes of a layer, on all cores, the same bytes always.
//!
//! No file is read twice, and memory depends on the number of threads, not on the tree.

// Not for users of the library: it is public for the command line and for tests.
#![doc(hidden)]

mod block;
mod blocks;
mod encoder;
mod error;
mod flow;
mod gzip;
mod layer_key;
mod member;
mod packed;
mod reuse;
pub mod tar;
mod witness;

use std::io::{self, Read, Write};

pub use self::block::Block;
pub use self::encoder::{ENCODER, Encoder};
pub use self::error::PackError;
use self::flow::{Blocks, compress};
pub use self::packed::{PackResult, Packed};
pub use self::reuse::{BlockName, Compressed, Reuse};
pub use self::witness::{Witness, Written};
use crate::epoch::Epoch;
use crate::key::{FileKey, Key};
pub use crate::pack::layer_key::{LayerKey, TreeShape};
use crate::tree::{Content, FileTree, ImagePath, Node};
use crate::work::Run;

/// The number of the layer format that this module writes, recorded in every image.
pub const LAYER_FORMAT: u32 = 2;

/// The most entries and bytes of a layer that one thread packs: it takes a millisecond.
const SMALL_TREE: usize = 256;
const SMALL_TAR: u64 = 1 << 17;

/// The size in bytes of the tar that [`pack`] would make of `tree`.
pub fn tar_size(tree: &FileTree) -> u64 {
    let entries = tree.iter().map(|(path, node)| tar::header_len(path, node) + body_size(node));
    entries.sum::<u64>() + tar::END.len() as u64
}

/// Bytes of content with its padding.
fn body_size(node: &Node) -> u64 {
    node.content_size().next_multiple_of(tar::RECORD as u64)
}

/// Packs `tree` as a gzip-compressed layer of format 2 into `out`. With `reuse`, blocks are looked for
/// there first, and the keys of the files are found out on the way. A `witness` gets the tar.
///
/// # Errors
/// [`PackError`]; the bytes written to `out` by then are useless.
pub fn pack(
    tree: &FileTree,
    epoch: Epoch,
    run: Run<'_>,
    reuse: Option<&dyn Reuse>,
    witness: Option<Witness>,
    out: &mut (dyn Write + Send),
) -> Result<PackResult, PackError> {
    let is_small = tree.len() <= SMALL_TREE && tar_size(tree) <= SMALL_TAR;
    let (packed, contents) = compress(is_small, run, reuse, witness, out, |blocks| {
        let mut contents = Vec::new();
        for (path, node) in tree.iter() {
            contents.extend(add_entry(blocks, path, node, epoch, reuse.is_some())?);
        }
        blocks.push(&tar::END);
        blocks.cut(None)?;
        Ok(contents)
    })?;
    Ok(PackResult { packed, contents })
}

/// Compresses a tar that another program made, as it is, in blocks of one size: for base layers that
/// come uncompressed.
///
/// # Errors
/// As [`pack`]; `origin` names the tar in messages.
pub fn recompress(
    tar: &mut (dyn Read + Send),
    origin: &str,
    run: Run<'_>,
    out: &mut (dyn Write + Send),
) -> Result<Packed, PackError> {
    let (packed, ()) = compress(false, run, None, None, out, |blocks| {
        let failed = |source| PackError::Read { origin: origin.to_owned(), source };
        while blocks.fill(tar, blocks::MAX).map_err(failed)? > 0 {
            blocks.cut(None)?;
        }
        Ok(())
    })?;
    Ok(packed)
}

/// Adds an entry; of a file, the key of its bytes where it `is_kept`.
fn add_entry(
    blocks: &mut Blocks<'_>,
    path: &ImagePath,
    node: &Node,
    epoch: Epoch,
    is_kept: bool,
) -> Result<Option<Key>, PackError> {
    let header = tar::header(path, node, epoch);
    let content = match node {
        Node::File { content, .. } => Some(content),
        Node::Dir { .. } | Node::Symlink { .. } => None,
    };
    let own_blocks = content.is_some_and(|content| blocks::is_large(content.size()));
    let shared = if own_blocks { 0 } else { body_size(node) };
    if blocks::ends_before(blocks.filled(), header.len() as u64 + shared) {
        blocks.cut(None)?;
    }
    blocks.push(&header);
    let mut key = None;
    if let Some(content) = content {
        let failed = |source| PackError::Read { origin: content.origin(), source };
        let mut reader = content.open().map_err(failed)?;
        key = if own_blocks {
            blocks.cut(None)?;
            add_segments(blocks, content, &mut reader, is_kept)?
        } else {
            let start = blocks.filled();
            // Less than a segment.
            fill(blocks, content, &mut reader, content.size() as usize)?;
            is_kept.then(|| Key::of(blocks.since(start)))
        };
        // The sources check themselves (size, digest, change) when they are read to their end.
        if reader.read(&mut [0]).map_err(failed)? > 0 {
            return Err(failed(io::Error::other("longer than it was when the build began")));
        }
        blocks.push(&tar::END[..tar::padding(content.size())]);
    }
    if blocks::ends_behind(blocks.filled(), path) {
        blocks.cut(None)?;
    }
    Ok(key)
}

/// Adds the blocks of a large file; its key, where it `is_kept`.
fn add_segments(
    blocks: &mut Blocks<'_>,
    content: &Content,
    reader: &mut (dyn Read + Send),
    is_kept: bool,
) -> Result<Option<Key>, PackError> {
    let (mut left, mut keys) = (content.size(), FileKey::default());
    if left <= blocks::MAX as u64 {
        fill(blocks, content, reader, left as usize)?;
        let key = is_kept.then(|| Key::of(blocks.since(0)));
        blocks.cut(key)?;
        return Ok(key);
    }
    while left > 0 {
        // At most a block.
        let piece = left.min(blocks::MAX as u64) as usize;
        fill(blocks, content, reader, piece)?;
        let key = is_kept.then(|| keys.piece(blocks.since(0)));
        blocks.cut(key)?;
        left -= piece as u64;
    }
    Ok(is_kept.then(|| keys.finish()))
}

/// Adds so many bytes of `content` to the block.
fn fill(
    blocks: &mut Blocks<'_>,
    content: &Content,
    reader: &mut (dyn Read + Send),
    count: usize,
) -> Result<(), PackError> {
    let failed = |source| PackError::Read { origin: content.origin(), source };
    match blocks.fill(reader, count).map_err(failed)? == count {
        true => Ok(()),
        false => Err(failed(io::ErrorKind::UnexpectedEof.into())),
    }
}
