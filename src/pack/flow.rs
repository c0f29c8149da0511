//! The threads of a packing: one reads and cuts, `jobs` deflate, one hashes the tar, one the layer, and the
//! caller's writes it, in order. Queues are bounded.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::block::Block;
use super::member::{Done, Member, write_in_order};
use super::reuse::{BlockName, Compressed, Reuse};
use super::{PackError, Packed, blocks, gzip};
use crate::digest::Hasher;
use crate::key::Key;
use crate::progress::Phase;
use crate::work::{self, Interrupted, Run, lock};

/// A block on its way: its bytes, their key if it is known, and where its compressed form is awaited.
type Job = (Arc<Block>, Option<Key>, SyncSender<io::Result<Done>>);

/// An observer of the tar while it is packed: gets every block in order, once it is hashed. One that
/// is slow slows the packing down, one who has seen enough hangs up.
pub type Witness = SyncSender<Arc<Block>>;

/// The stream under the cutter's hands.
pub(super) struct Blocks<'a> {
    block: Block,
    run: Run<'a>,
    way: Way<'a>,
}

/// Where blocks go.
enum Way<'a> {
    /// To the threads.
    Queues(Queues),
    /// Nowhere: who cuts does the rest, too.
    Here(Box<Here<'a>>),
}

struct Queues {
    jobs: SyncSender<Job>,
    in_order: SyncSender<Receiver<io::Result<Done>>>,
    hashing: SyncSender<Arc<Block>>,
}

/// All of it on one thread.
struct Here<'a> {
    hasher: Hasher,
    layer: Hasher,
    witness: Option<Witness>,
    encoder: gzip::Deflater,
    reuse: Option<&'a dyn Reuse>,
    member: Member<'a>,
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
        self.run.meter.time(Phase::Read, || {
            let count = self.block.fill(reader, limit)?;
            Ok((count, count as u64))
        })
    }

    /// Sends the block, whose `key` may be known, on its way. A closed queue means that the writer failed and knows
    /// why.
    pub fn cut(&mut self, key: Option<Key>) -> Result<(), PackError> {
        self.run.check()?;
        let next = self.block.next();
        let block = Arc::new(std::mem::replace(&mut self.block, next));
        let queues = match &mut self.way {
            Way::Queues(queues) => queues,
            Way::Here(here) => return here.take(block, key, self.run).map_err(PackError::Write),
        };
        let (done, awaited) = sync_channel(1);
        let closed = |_| PackError::Write(io::ErrorKind::BrokenPipe.into());
        queues.in_order.send(awaited).map_err(|_| closed(()))?;
        queues.hashing.send(Arc::clone(&block)).map_err(|_| closed(()))?;
        queues.jobs.send((block, key, done)).map_err(|_| closed(()))
    }
}

impl Here<'_> {
    fn take(&mut self, block: Arc<Block>, key: Option<Key>, run: Run<'_>) -> io::Result<()> {
        run.meter.time(Phase::Hash, || (self.hasher.update(&block), block.len() as u64));
        if let Some(witness) = &self.witness {
            let _ = witness.send(Arc::clone(&block));
        }
        let done = encode(block, key, &mut self.encoder, run, self.reuse)?;
        run.meter.time(Phase::Hash, || ((), done.hash(&mut self.layer)));
        self.member.add(&done)
    }
}

/// What the threads made: the layer, and what `feed` returned.
pub(super) type Made<T> = (Packed, T);

pub(super) fn compress<T: Send>(
    run: Run<'_>,
    reuse: Option<&dyn Reuse>,
    witness: Option<Witness>,
    out: &mut (dyn Write + Send),
    feed: impl FnOnce(&mut Blocks<'_>) -> Result<T, PackError> + Send,
) -> Result<Made<T>, PackError> {
    let depth = run.jobs.get();
    let (jobs, queue) = sync_channel::<Job>(depth);
    let (in_order, results) = sync_channel(2 * depth);
    let (hashing, hashed) = sync_channel::<Arc<Block>>(depth);
    let queue = Mutex::new(queue);

    thread::scope(|scope| {
        let (give, given) = sync_channel(1);
        // First the threads, then what they do: where they are too few, it is all still here.
        let reader = work::try_spawn(scope, move || {
            let (feed, queues) = given.recv().ok()?;
            Some(fed(feed, &mut Blocks { block: Block::default(), run, way: Way::Queues(queues) }))
        });
        let seen = witness.clone();
        let diff = work::try_spawn(scope, move || {
            let mut hasher = Hasher::default();
            for block in hashed {
                run.meter.time(Phase::Hash, || (hasher.update(&block), block.len() as u64));
                if let Some(witness) = &seen {
                    let _ = witness.send(block);
                }
            }
            hasher.finish()
        });
        let deflate = || deflate_jobs(&queue, run, reuse);
        let deflaters =
            (0..depth).map_while(|_| thread::Builder::new().spawn_scoped(scope, deflate).ok()).count();
        let queues = Queues { jobs, in_order, hashing };
        let (Ok(reader), Ok(diff), 1..) = (reader, diff, deflaters) else {
            // Their ends are closed: whoever was started stops.
            drop((queues, give));
            return here(run, reuse, witness, out, feed);
        };
        drop(witness);
        let _ = give.send((feed, queues));
        let written = write_in_order(out, run, reuse, results);
        // The reader's own error says more than the closed queue that the writer saw, unless the
        // writer failed first and closed it.
        let fed = reader.join().unwrap_or(Err(Interrupted.into()));
        let (digest, size, tar_size) = match (written, fed.as_ref()) {
            (Err(failure), _) => return Err(PackError::Write(failure)),
            (Ok(sizes), _) => sizes,
        };
        let packed = Packed { digest, size, diff_id: diff.join(), tar_size };
        Ok((packed, fed?))
    })
}

fn fed<T>(
    feed: impl FnOnce(&mut Blocks<'_>) -> Result<T, PackError>,
    blocks: &mut Blocks<'_>,
) -> Result<T, PackError> {
    feed(blocks)
}

/// The same without threads.
fn here<T>(
    run: Run<'_>,
    reuse: Option<&dyn Reuse>,
    witness: Option<Witness>,
    out: &mut (dyn Write + Send),
    feed: impl FnOnce(&mut Blocks<'_>) -> Result<T, PackError>,
) -> Result<Made<T>, PackError> {
    let member = Member::begin(out, run, reuse).map_err(PackError::Write)?;
    let mut layer = Hasher::default();
    layer.update(&gzip::HEADER);
    let (hasher, encoder) = (Hasher::default(), gzip::Deflater::default());
    let here = Here { hasher, layer, witness, encoder, reuse, member };
    let mut blocks = Blocks { block: Block::default(), run, way: Way::Here(Box::new(here)) };
    let made = feed(&mut blocks)?;
    let Way::Here(here) = blocks.way else { return Err(Interrupted.into()) };
    let Here { hasher, layer, member, .. } = *here;
    let (digest, size, tar_size) = member.end(layer).map_err(PackError::Write)?;
    Ok((Packed { digest, size, diff_id: hasher.finish(), tar_size }, made))
}

fn deflate_jobs(queue: &Mutex<Receiver<Job>>, run: Run<'_>, reuse: Option<&dyn Reuse>) {
    let mut encoder = gzip::Deflater::default();
    loop {
        let job = lock(queue).recv();
        let Ok((block, key, done)) = job else { return };
        // Nobody waits any more once the writer has failed.
        let _ = done.send(encode(block, key, &mut encoder, run, reuse));
    }
}

fn encode(
    block: Arc<Block>,
    key: Option<Key>,
    encoder: &mut gzip::Deflater,
    run: Run<'_>,
    reuse: Option<&dyn Reuse>,
) -> io::Result<Done> {
    let crc = crc32fast::hash(&block);
    let mut make = || compressed(&block, encoder, run);
    // Small ones are sooner deflated than looked for.
    let Some(reuse) = reuse.filter(|_| block.len() >= blocks::WORTH_KEEPING) else {
        let compressed = make()?.into();
        return Ok(Done::new(block, crc, compressed, None));
    };
    let name = BlockName { key: key.unwrap_or_else(|| Key::of(&block)), crc };
    let (compressed, found) = reuse.get(name, &mut make)?;
    if found && *compressed != Compressed::Stored {
        run.meter.saved(Phase::Deflate, block.len() as u64);
    }
    Ok(Done::new(block, crc, compressed, Some(name)))
}

fn compressed(block: &[u8], encoder: &mut gzip::Deflater, run: Run<'_>) -> io::Result<Compressed> {
    if encoder.is_incompressible(block) {
        return Ok(Compressed::Stored);
    }
    let deflated =
        run.meter.time(Phase::Deflate, || Ok::<_, io::Error>((encoder.deflate(block)?, block.len() as u64)));
    Ok(deflated?.map_or(Compressed::Stored, Compressed::Deflated))
}
