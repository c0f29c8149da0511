//! The gzip member that blocks become, written in their order.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::block::Block;
use super::gzip;
use super::reuse::{BlockName, Compressed, Reuse};
use crate::digest::{Digest, Hasher};
use crate::progress::Phase;
use crate::work::{self, Run};

/// A block that is ready to be written.
pub(super) struct Done {
    compressed: Arc<Compressed>,
    /// Its own bytes, where they are what is written. The room of another one is free for the next block.
    stored: Option<Arc<Block>>,
    /// CRC-32 of the block, and its length.
    crc: crc32fast::Hasher,
    /// What it is kept as; none where it is cheaper made than found.
    name: Option<BlockName>,
}

impl Done {
    /// A block of this CRC-32, and what it becomes.
    pub(super) fn new(
        block: Arc<Block>,
        crc: u32,
        compressed: Arc<Compressed>,
        name: Option<BlockName>,
    ) -> Self {
        let crc = crc32fast::Hasher::new_with_initial_len(crc, block.len() as u64);
        let stored = (*compressed == Compressed::Stored).then_some(block);
        Self { compressed, stored, crc, name }
    }

    /// The pieces of a stored block, each with its header.
    fn stored(&self) -> impl Iterator<Item = ([u8; 5], &[u8])> {
        gzip::store(self.stored.as_ref().map_or(&[], |block| block))
    }

    /// Hashes its bytes and tells how many there are.
    pub(super) fn hash(&self, hasher: &mut Hasher) -> u64 {
        let mut size = 0;
        self.each(|bytes| {
            hasher.update(bytes);
            size += bytes.len() as u64;
        });
        size
    }

    /// The bytes of the block in the layer, piece by piece; those of a stored one are the block's own.
    fn each(&self, mut take: impl FnMut(&[u8])) {
        match &*self.compressed {
            Compressed::Deflated(bytes) => take(bytes),
            Compressed::Stored => self.stored().for_each(|(header, piece)| {
                take(&header);
                take(piece);
            }),
        }
    }

    /// Writes its bytes, none of them copied.
    fn write(&self, out: &mut dyn Write) -> io::Result<u64> {
        match &*self.compressed {
            Compressed::Deflated(bytes) => {
                out.write_all(bytes)?;
                Ok(bytes.len() as u64)
            }
            Compressed::Stored => {
                let pieces: Vec<_> = self.stored().collect();
                let slices = pieces.iter().flat_map(|(header, piece)| [&header[..], piece]);
                write_slices(out, &mut slices.map(IoSlice::new).collect::<Vec<_>>())
            }
        }
    }
}

/// Writes all `slices` in as few calls as `out` permits, and tells how many bytes they are.
fn write_slices(out: &mut dyn Write, mut slices: &mut [IoSlice<'_>]) -> io::Result<u64> {
    let mut written = 0;
    while !slices.is_empty() {
        match out.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                written += count as u64;
                IoSlice::advance_slices(&mut slices, count);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Digest and size of the compressed bytes, and the size of the tar.
pub(super) type Written = (Digest, u64, u64);

/// The member that is being written.
pub(super) struct Member<'a> {
    out: &'a mut (dyn Write + Send),
    run: Run<'a>,
    reuse: Option<&'a dyn Reuse>,
    crc: crc32fast::Hasher,
    /// Where it ends so far.
    end: u64,
}

impl<'a> Member<'a> {
    pub(super) fn begin(
        out: &'a mut (dyn Write + Send),
        run: Run<'a>,
        reuse: Option<&'a dyn Reuse>,
    ) -> io::Result<Self> {
        let mut begun = Self { out, run, reuse, crc: crc32fast::Hasher::new(), end: 0 };
        begun.write(&gzip::HEADER)?;
        Ok(begun)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.end += bytes.len() as u64;
        let out = &mut self.out;
        self.run.meter.time(Phase::Write, || Ok(((), out.write_all(bytes).map(|()| bytes.len() as u64)?)))
    }

    pub(super) fn add(&mut self, done: &Done) -> io::Result<()> {
        let (start, out) = (self.end, &mut self.out);
        self.end += self.run.meter.time(Phase::Write, || {
            let count = done.write(out)?;
            Ok::<_, io::Error>((count, count))
        })?;
        if let (Some(name), Some(reuse)) = (done.name, self.reuse) {
            reuse.written(name, &done.compressed, start);
        }
        self.crc.combine(&done.crc);
        Ok(())
    }

    /// The end, with the hasher of all that stands before it.
    pub(super) fn end(mut self, mut hasher: Hasher) -> io::Result<Written> {
        let tar_size = self.crc.total_len();
        let trailer = gzip::trailer(self.crc.clone().finalize(), tar_size);
        self.write(&trailer)?;
        self.out.flush()?;
        hasher.update(&trailer);
        Ok((hasher.finish(), self.end, tar_size))
    }
}

/// Writes the member in order, and hashes it on a thread of its own where there is one.
pub(super) fn write_in_order(
    out: &mut (dyn Write + Send),
    run: Run<'_>,
    reuse: Option<&dyn Reuse>,
    results: Receiver<Receiver<io::Result<Done>>>,
) -> io::Result<Written> {
    let (hashing, hashed) = sync_channel::<Arc<Done>>(run.jobs.get());
    thread::scope(|scope| {
        let hash = move |hasher: &mut Hasher, done: &Done| {
            run.meter.time(Phase::Hash, || ((), done.hash(hasher)));
        };
        let begun = || {
            let mut hasher = Hasher::default();
            hasher.update(&gzip::HEADER);
            hasher
        };
        let beside = work::try_spawn(scope, move || {
            let mut hasher = begun();
            hashed.iter().for_each(|done| hash(&mut hasher, &done));
            hasher
        });
        let (mut member, mut own) = (Member::begin(out, run, reuse)?, begun());
        for awaited in results {
            // An answer that never comes: the reader stopped between two sends and tells why itself.
            let Ok(done) = awaited.recv() else { continue };
            let done = Arc::new(done?);
            match &beside {
                // It ends with the channel, and not before.
                Ok(_) => drop(hashing.send(Arc::clone(&done))),
                Err(_) => hash(&mut own, &done),
            }
            member.add(&done)?;
        }
        drop(hashing);
        member.end(beside.map_or(own, work::Running::join))
    })
}
