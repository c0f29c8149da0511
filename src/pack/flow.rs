//! The threads of a packing: one reads and cuts, `jobs` deflate, one hashes the tar, one the layer, and the
//! caller's writes it, in order. Queues are bounded.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::block::Block;
use super::reuse::{Deflated, Place, Reuse};
use super::{Effort, PackError, Packed, blocks, gzip};
use crate::digest::{Digest, Hasher};
use crate::key::Key;
use crate::progress::Phase;

/// A block on its way: its bytes, and where its compressed form is awaited.
type Job = (Arc<Block>, SyncSender<io::Result<Done>>);

/// Somebody who looks at the tar while it is packed: gets every block in order, once it is hashed. One who
/// is slow slows the packing down, one who has seen enough hangs up.
pub type Witness = SyncSender<Arc<Block>>;

/// A block that is ready to be written.
struct Done {
    encoded: Encoded,
    crc: crc32fast::Hasher,
    /// What it is kept under; none where it is cheaper made than found.
    key: Option<Key>,
}

enum Encoded {
    Deflated(Vec<u8>),
    /// The block itself, to be stored.
    Stored(Arc<Block>),
}

/// The stream under the cutter's hands.
pub(super) struct Blocks<'a> {
    block: Block,
    effort: Effort<'a>,
    jobs: SyncSender<Job>,
    in_order: SyncSender<Receiver<io::Result<Done>>>,
    hashing: SyncSender<Arc<Block>>,
}

impl Blocks<'_> {
    pub fn filled(&self) -> usize {
        self.block.len()
    }

    /// The bytes from `at` on of the block that is being filled.
    pub fn since(&self, at: usize) -> &[u8] {
        &self.block[at..]
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.block.push(bytes);
    }

    /// Adds up to `limit` bytes of `reader` and tells how many there were.
    pub fn fill(&mut self, reader: &mut (dyn Read + Send), limit: usize) -> io::Result<usize> {
        self.effort.meter.time(Phase::Read, || {
            let count = self.block.fill(reader, limit)?;
            Ok((count, count as u64))
        })
    }

    /// Sends the block on its way. A closed queue means that the writer failed and knows why.
    pub fn cut(&mut self) -> Result<(), PackError> {
        self.effort.check()?;
        let next = self.block.next();
        let block = Arc::new(std::mem::replace(&mut self.block, next));
        let (done, awaited) = sync_channel(1);
        let closed = |_| PackError::Write(io::ErrorKind::BrokenPipe.into());
        self.in_order.send(awaited).map_err(|_| closed(()))?;
        self.hashing.send(Arc::clone(&block)).map_err(|_| closed(()))?;
        self.jobs.send((block, done)).map_err(|_| closed(()))
    }
}

/// What the threads made: the layer, where its blocks lie in it, and what `feed` returned.
pub(super) type Made<T> = (Packed, Vec<Place>, T);

pub(super) fn compress<T: Send>(
    effort: Effort<'_>,
    reuse: Option<&dyn Reuse>,
    witness: Option<Witness>,
    out: &mut dyn Write,
    feed: impl FnOnce(&mut Blocks<'_>) -> Result<T, PackError> + Send,
) -> Result<Made<T>, PackError> {
    let depth = effort.jobs.get();
    let (jobs, queue) = sync_channel::<Job>(depth);
    let (in_order, results) = sync_channel(2 * depth);
    let (hashing, hashed) = sync_channel::<Arc<Block>>(depth);
    let queue = Mutex::new(queue);
    let mut blocks = Blocks { block: Block::default(), effort, jobs, in_order, hashing };

    thread::scope(|scope| {
        let reader = scope.spawn(move || feed(&mut blocks));
        let diff = scope.spawn(move || {
            let mut hasher = Hasher::default();
            for block in hashed {
                effort.meter.time(Phase::Hash, || (hasher.update(&block), block.len() as u64));
                if let Some(witness) = &witness {
                    let _ = witness.send(block);
                }
            }
            hasher.finish()
        });
        let queue = &queue;
        for _ in 0..depth {
            scope.spawn(move || deflate_jobs(queue, effort, reuse));
        }
        let written = write_in_order(out, effort, results);
        // The reader's own error says more than the closed queue that the writer saw, unless the
        // writer failed first and closed it.
        let fed = join(reader);
        let (digest, size, tar_size, places) = match (written, fed.as_ref()) {
            (Err(failure), _) => return Err(PackError::Write(failure)),
            (Ok(sizes), _) => sizes,
        };
        let packed = Packed { digest, size, diff_id: join(diff), tar_size };
        Ok((packed, places, fed?))
    })
}

fn deflate_jobs(queue: &Mutex<Receiver<Job>>, effort: Effort<'_>, reuse: Option<&dyn Reuse>) {
    let mut encoder = gzip::Deflater::default();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((block, done)) = job else { return };
        // Nobody waits any more once the writer has failed.
        let _ = done.send(encode(&block, &mut encoder, effort, reuse));
    }
}

fn encode(
    block: &Arc<Block>,
    encoder: &mut gzip::Deflater,
    effort: Effort<'_>,
    reuse: Option<&dyn Reuse>,
) -> io::Result<Done> {
    let size = block.len() as u64;
    let crc = || {
        let mut crc = crc32fast::Hasher::new();
        crc.update(block);
        crc
    };
    if encoder.is_incompressible(block)? {
        return Ok(Done { encoded: Encoded::Stored(Arc::clone(block)), crc: crc(), key: None });
    }
    // Small ones are sooner deflated than looked for.
    let key = reuse.filter(|_| block.len() >= blocks::WORTH_KEEPING).map(|_| Key::of(block));
    if let (Some(key), Some(reuse)) = (&key, reuse)
        && let Some(Deflated { bytes, crc }) = reuse.find(key)
    {
        effort.meter.saved(Phase::Deflate, size);
        let crc = crc32fast::Hasher::new_with_initial_len(crc, size);
        return Ok(Done { encoded: Encoded::Deflated(bytes), crc, key: Some(*key) });
    }
    let deflated =
        effort.meter.time(Phase::Deflate, || Ok::<_, io::Error>((encoder.deflate(block)?, size)))?;
    let encoded = match deflated {
        Some(bytes) => Encoded::Deflated(bytes),
        None => Encoded::Stored(Arc::clone(block)),
    };
    Ok(Done { encoded, crc: crc(), key })
}

impl Done {
    /// Hashes its bytes and tells how many there are.
    fn hash(&self, hasher: &mut Hasher) -> u64 {
        let mut size = 0;
        // Nothing fails here.
        let _ = self.each(|bytes| {
            hasher.update(bytes);
            size += bytes.len() as u64;
            Ok(())
        });
        size
    }

    /// The bytes of the block in the layer, piece by piece.
    fn each(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match &self.encoded {
            Encoded::Deflated(bytes) => take(bytes),
            Encoded::Stored(block) => gzip::store(block).try_for_each(|(header, piece)| {
                take(&header)?;
                take(piece)
            }),
        }
    }
}

/// Writes the member in order, and hashes it on a thread of its own: digest and size of the compressed
/// bytes, the size of the tar, and where its blocks lie.
fn write_in_order(
    out: &mut dyn Write,
    effort: Effort<'_>,
    results: Receiver<Receiver<io::Result<Done>>>,
) -> io::Result<(Digest, u64, u64, Vec<Place>)> {
    let (hashing, hashed) = sync_channel::<Arc<Done>>(effort.jobs.get());
    thread::scope(|scope| {
        let layer = scope.spawn(move || {
            let mut hasher = Hasher::default();
            hasher.update(&gzip::HEADER);
            for done in hashed {
                effort.meter.time(Phase::Hash, || ((), done.hash(&mut hasher)));
            }
            hasher
        });
        let (mut crc, mut places, mut offset) = (crc32fast::Hasher::new(), Vec::new(), 0);
        let mut write = |bytes: &[u8]| {
            offset += bytes.len() as u64;
            effort
                .meter
                .time(Phase::Write, || Ok::<_, io::Error>((out.write_all(bytes)?, bytes.len() as u64)))?;
            Ok::<_, io::Error>(offset)
        };
        let mut end = write(&gzip::HEADER)?;
        for awaited in results {
            // An answer that never comes: the reader stopped between two sends and tells why itself.
            let Ok(done) = awaited.recv() else { continue };
            let done = Arc::new(done?);
            // It ends with the channel, and not before.
            let _ = hashing.send(Arc::clone(&done));
            if let (Encoded::Deflated(bytes), Some(key)) = (&done.encoded, done.key) {
                places.push(Place::new(key, end, bytes, done.crc.clone().finalize()));
            }
            done.each(|bytes| {
                end = write(bytes)?;
                Ok(())
            })?;
            crc.combine(&done.crc);
        }
        drop(hashing);
        let tar_size = crc.total_len();
        let trailer = gzip::trailer(crc.finalize(), tar_size);
        let size = write(&trailer)?;
        out.flush()?;
        let mut hasher = join(layer);
        hasher.update(&trailer);
        Ok((hasher.finish(), size, tar_size, places))
    })
}

pub(super) fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
