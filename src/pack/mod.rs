//! Layer format 1: from a tree to the bytes of a layer, on all cores, the same bytes always.
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
pub use self::reuse::{BlockLocation, Deflated, Reuse};
pub use self::witness::{Witness, Written};
use crate::epoch::Epoch;
use crate::key::KeyHasher;
pub use crate::pack::layer_key::{LayerKey, TreeShape};
use crate::tree::{FileTree, ImagePath, Node};
use crate::work::Run;

/// The number of the layer format that this module writes, recorded in every image.
pub const LAYER_FORMAT: u32 = 1;

/// The size in bytes of the tar that [`pack`] would make of `tree`.
pub fn tar_size(tree: &FileTree) -> u64 {
    let entries = tree.iter().map(|(path, node)| tar::header_len(path, node) + body_size(node));
    entries.sum::<u64>() + tar::END.len() as u64
}

/// Bytes of content with its padding.
fn body_size(node: &Node) -> u64 {
    match node {
        Node::File { content, .. } => content.size().next_multiple_of(tar::RECORD as u64),
        Node::Dir { .. } | Node::Symlink { .. } => 0,
    }
}

/// Packs `tree` as a gzip-compressed layer of format 1 into `out`. With `reuse`, blocks are looked for
/// there first, and what can be kept for the next time is found out on the way. A `witness` gets the tar.
///
/// # Errors
/// [`PackError`]; what was written to `out` by then is of no use.
pub fn pack(
    tree: &FileTree,
    epoch: Epoch,
    run: Run<'_>,
    reuse: Option<&dyn Reuse>,
    witness: Option<Witness>,
    out: &mut (dyn Write + Send),
) -> Result<PackResult, PackError> {
    let (packed, places, contents) = compress(run, reuse, witness, out, |blocks| {
        let mut contents = Vec::new();
        for (path, node) in tree.iter() {
            let mut key = reuse.map(|_| KeyHasher::default());
            add_entry(blocks, path, node, epoch, key.as_mut())?;
            if matches!(node, Node::File { .. }) {
                contents.extend(key.map(|key| key.finish()));
            }
        }
        blocks.push(&tar::END);
        blocks.cut()?;
        Ok(contents)
    })?;
    Ok(PackResult { packed, places, contents })
}

/// Compresses a tar that somebody else made, as it is, in blocks of one size: for base layers that
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
    let (packed, _, ()) = compress(run, None, None, out, |blocks| {
        let failed = |source| PackError::Read { origin: origin.to_owned(), source };
        while blocks.fill(tar, blocks::MAX).map_err(failed)? > 0 {
            blocks.cut()?;
        }
        Ok(())
    })?;
    Ok(packed)
}

fn add_entry(
    blocks: &mut Blocks<'_>,
    path: &ImagePath,
    node: &Node,
    epoch: Epoch,
    mut key: Option<&mut KeyHasher>,
) -> Result<(), PackError> {
    let header = tar::header(path, node, epoch);
    let length = header.len() as u64 + body_size(node);
    if blocks::ends_before(blocks.filled(), length) {
        blocks.cut()?;
    }
    blocks.push(&header);
    if let Node::File { content, .. } = node {
        let failed = |source| PackError::Read { origin: content.origin(), source };
        let mut reader = content.open().map_err(failed)?;
        let mut left = content.size();
        while left > 0 {
            // At most a block.
            let piece = left.min(blocks::MAX as u64) as usize;
            let start = blocks.filled();
            let got = blocks.fill(&mut reader, piece).map_err(failed)?;
            if got < piece {
                return Err(failed(io::ErrorKind::UnexpectedEof.into()));
            }
            if let Some(key) = &mut key {
                key.update(blocks.since(start));
            }
            left -= got as u64;
            // A big file is cut at fixed sizes from its start; its tail opens the next block.
            if left > 0 {
                blocks.cut()?;
            }
        }
        // The sources check themselves (size, digest, change) when they are read to their end.
        if reader.read(&mut [0]).map_err(failed)? > 0 {
            return Err(failed(io::Error::other("longer than it was when the build began")));
        }
        blocks.push(&tar::END[..tar::padding(content.size())]);
    }
    if blocks::ends_behind(blocks.filled(), path) { blocks.cut() } else { Ok(()) }
}
