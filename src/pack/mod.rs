//! Layer format 1: from a tree to the bytes of a layer, on all cores, the same bytes always.
//!
//! One thread reads files and cuts the tar stream into blocks, `jobs` threads deflate them, one
//! hashes the tar stream, and the caller's writes and hashes the result in order. Queues are
//! bounded: memory depends on `jobs`, not on the tree.

mod blocks;
mod gzip;
pub mod tar;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::digest::{Digest, HashWriter, Hasher};
use crate::epoch::Epoch;
use crate::tree::{FileTree, ImagePath, Node};

/// The number of the layer format that this module writes, recorded in every image.
pub const LAYER_FORMAT: u32 = 1;

/// What became of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Digest of the compressed layer.
    pub digest: Digest,
    /// Size of the compressed layer in bytes.
    pub size: u64,
    /// Digest of the layer's tar.
    pub diff_id: Digest,
    /// Size of the layer's tar in bytes.
    pub tar_size: u64,
}

/// Why a tree or tar could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file could not be read, or changed meanwhile.
    #[error("read `{origin}`")]
    Read {
        /// Where the file comes from.
        origin: String,
        /// The host's own error.
        source: io::Error,
    },
    /// The layer could not be written.
    #[error("write a layer")]
    Write(#[source] io::Error),
    /// The user interrupted.
    #[error("interrupted")]
    Interrupted,
}

/// How a packing runs; nothing here changes a byte.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// Threads that deflate.
    pub jobs: NonZeroUsize,
    /// Set by anyone to stop at the next block.
    pub interrupted: &'a AtomicBool,
}

impl Effort<'_> {
    /// Stops where the user interrupted.
    ///
    /// # Errors
    /// [`PackError::Interrupted`].
    pub fn check(&self) -> Result<(), PackError> {
        if self.interrupted.load(Ordering::Relaxed) { Err(PackError::Interrupted) } else { Ok(()) }
    }
}

/// The size in bytes of the tar that [`pack`] would make of `tree`.
pub fn tar_size(tree: &FileTree, epoch: Epoch) -> u64 {
    let entries = tree.iter().map(|(path, node)| entry_size(path, node, epoch));
    entries.sum::<u64>() + tar::END.len() as u64
}

fn entry_size(path: &ImagePath, node: &Node, epoch: Epoch) -> u64 {
    tar::header(path, node, epoch).len() as u64 + body_size(node)
}

/// Bytes of content with its padding.
fn body_size(node: &Node) -> u64 {
    match node {
        Node::File { content, .. } => content.size().next_multiple_of(tar::RECORD as u64),
        Node::Dir { .. } | Node::Symlink { .. } => 0,
    }
}

/// Packs `tree` as a gzip-compressed layer of format 1 into `out`.
///
/// # Errors
/// [`PackError`]; what was written to `out` by then is of no use.
pub fn pack(
    tree: &FileTree,
    epoch: Epoch,
    effort: Effort<'_>,
    out: &mut dyn Write,
) -> Result<Packed, PackError> {
    compress(effort, out, |blocks| {
        for (path, node) in tree.iter() {
            add_entry(blocks, path, node, epoch)?;
        }
        blocks.push(&tar::END);
        blocks.cut()
    })
}

/// Compresses a tar that somebody else made, as it is, in blocks of one size: for base layers that
/// come uncompressed.
///
/// # Errors
/// As [`pack`]; `origin` names the tar in messages.
pub fn recompress(
    tar: &mut (dyn Read + Send),
    origin: &str,
    effort: Effort<'_>,
    out: &mut dyn Write,
) -> Result<Packed, PackError> {
    compress(effort, out, |blocks| {
        let failed = |source| PackError::Read { origin: origin.to_owned(), source };
        while blocks.fill(tar, blocks::MAX as u64).map_err(failed)? > 0 {
            blocks.cut()?;
        }
        Ok(())
    })
}

fn add_entry(blocks: &mut Blocks<'_>, path: &ImagePath, node: &Node, epoch: Epoch) -> Result<(), PackError> {
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
            let piece = left.min(blocks::MAX as u64);
            let got = blocks.fill(&mut reader, piece).map_err(failed)?;
            if got < piece {
                return Err(failed(io::ErrorKind::UnexpectedEof.into()));
            }
            left -= got;
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

/// A block on its way: its bytes, and where its compressed form is awaited.
type Job = (Arc<Vec<u8>>, SyncSender<io::Result<Deflated>>);

struct Deflated {
    bytes: Vec<u8>,
    crc: crc32fast::Hasher,
}

/// The stream under the cutter's hands.
struct Blocks<'a> {
    block: Vec<u8>,
    effort: Effort<'a>,
    jobs: SyncSender<Job>,
    in_order: SyncSender<Receiver<io::Result<Deflated>>>,
    hashing: SyncSender<Arc<Vec<u8>>>,
}

impl Blocks<'_> {
    fn filled(&self) -> usize {
        self.block.len()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
    }

    /// Adds up to `limit` bytes of `reader` and tells how many there were.
    fn fill(&mut self, reader: &mut (dyn Read + Send), limit: u64) -> io::Result<u64> {
        Ok(reader.take(limit).read_to_end(&mut self.block)? as u64)
    }

    /// Sends the block on its way. A closed queue means that the writer failed and knows why.
    fn cut(&mut self) -> Result<(), PackError> {
        self.effort.check()?;
        let room = Vec::with_capacity(blocks::MAX + 8 * tar::RECORD);
        let block = Arc::new(std::mem::replace(&mut self.block, room));
        let (done, awaited) = sync_channel(1);
        let closed = |_| PackError::Write(io::ErrorKind::BrokenPipe.into());
        self.in_order.send(awaited).map_err(|_| closed(()))?;
        self.hashing.send(Arc::clone(&block)).map_err(|_| closed(()))?;
        self.jobs.send((block, done)).map_err(|_| closed(()))
    }
}

fn compress(
    effort: Effort<'_>,
    out: &mut dyn Write,
    feed: impl FnOnce(&mut Blocks<'_>) -> Result<(), PackError> + Send,
) -> Result<Packed, PackError> {
    let depth = effort.jobs.get();
    let (jobs, queue) = sync_channel::<Job>(depth);
    let (in_order, results) = sync_channel(2 * depth);
    let (hashing, hashed) = sync_channel::<Arc<Vec<u8>>>(depth);
    let queue = Mutex::new(queue);
    let mut blocks = Blocks { block: Vec::new(), effort, jobs, in_order, hashing };

    thread::scope(|scope| {
        let reader = scope.spawn(move || feed(&mut blocks));
        let diff = scope.spawn(move || {
            let mut hasher = Hasher::default();
            for block in hashed {
                hasher.update(&block);
            }
            hasher.finish()
        });
        let queue = &queue;
        for _ in 0..depth {
            scope.spawn(move || deflate_jobs(queue));
        }
        let written = write_in_order(results, out);
        // The reader's own error says more than the closed queue that the writer saw, unless the
        // writer failed first and closed it.
        let fed = join(reader);
        let (digest, size, tar_size) = match (written, fed) {
            (Err(failure), _) => return Err(PackError::Write(failure)),
            (_, Err(failure)) => return Err(failure),
            (Ok(sizes), Ok(())) => sizes,
        };
        Ok(Packed { digest, size, diff_id: join(diff), tar_size })
    })
}

fn deflate_jobs(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((block, done)) = job else { return };
        let deflated = gzip::encode_block(&block).map(|bytes| {
            let mut crc = crc32fast::Hasher::new();
            crc.update(&block);
            Deflated { bytes, crc }
        });
        // Nobody waits any more once the writer has failed.
        let _ = done.send(deflated);
    }
}

/// Writes the member: digest and size of the compressed bytes, and the size of the tar.
fn write_in_order(
    results: Receiver<Receiver<io::Result<Deflated>>>,
    out: &mut dyn Write,
) -> io::Result<(Digest, u64, u64)> {
    let mut out = HashWriter::new(out);
    let mut crc = crc32fast::Hasher::new();
    out.write_all(&gzip::HEADER)?;
    for awaited in results {
        // An answer that never comes: the reader stopped between two sends and tells why itself.
        let Ok(deflated) = awaited.recv() else { continue };
        let deflated = deflated?;
        out.write_all(&deflated.bytes)?;
        crc.combine(&deflated.crc);
    }
    let tar_size = crc.total_len();
    out.write_all(&gzip::trailer(crc.finalize(), tar_size))?;
    out.flush()?;
    let (_, digest, size) = out.finish();
    Ok((digest, size, tar_size))
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
