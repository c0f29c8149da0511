//! The gzip member that blocks become, written in their order.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::block::Block;
use super::gzip;
use super::reuse::BlockLocation;
use super::witness::Written;
use crate::digest::{Digest, Hasher};
use crate::key::Key;
use crate::progress::Phase;
use crate::work::{self, Run};

/// A block that is ready to be written.
pub(super) struct Done {
    pub(super) encoded: Encoded,
    pub(super) crc: crc32fast::Hasher,
    /// What it is kept under; none where it is cheaper made than found.
    pub(super) key: Option<Key>,
}

pub(super) enum Encoded {
    Deflated(Vec<u8>),
    /// The block itself, to be stored.
    Stored(Arc<Block>),
}

impl Done {
    /// Hashes its bytes and tells how many there are.
    pub(super) fn hash(&self, hasher: &mut Hasher) -> u64 {
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

/// Digest and size of the compressed bytes, the size of the tar, and where its blocks lie.
pub(super) type Ended = (Digest, u64, u64, Vec<BlockLocation>);

/// The member that is being written.
pub(super) struct Member<'a> {
    out: &'a mut (dyn Write + Send),
    hears: Option<Arc<Written>>,
    run: Run<'a>,
    crc: crc32fast::Hasher,
    places: Vec<BlockLocation>,
    /// Where it ends so far.
    end: u64,
}

impl<'a> Member<'a> {
    pub(super) fn begin(
        out: &'a mut (dyn Write + Send),
        hears: Option<Arc<Written>>,
        run: Run<'a>,
    ) -> io::Result<Self> {
        let mut begun = Self { out, hears, run, crc: crc32fast::Hasher::new(), places: Vec::new(), end: 0 };
        begun.write(&gzip::HEADER)?;
        Ok(begun)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.end += bytes.len() as u64;
        let out = &mut self.out;
        self.run.meter.time(Phase::Write, || Ok(((), out.write_all(bytes).map(|()| bytes.len() as u64)?)))
    }

    pub(super) fn add(&mut self, done: &Done) -> io::Result<()> {
        if let (Encoded::Deflated(bytes), Some(key)) = (&done.encoded, done.key) {
            self.places.push(BlockLocation::new(key, self.end, bytes, done.crc.clone().finalize()));
        }
        done.each(|bytes| self.write(bytes))?;
        self.crc.combine(&done.crc);
        if let Some(hears) = &self.hears {
            self.out.flush()?;
            hears(self.crc.total_len(), self.end);
        }
        Ok(())
    }

    /// The end, with the hasher of all that stands before it.
    pub(super) fn end(mut self, mut hasher: Hasher) -> io::Result<Ended> {
        let tar_size = self.crc.total_len();
        let trailer = gzip::trailer(self.crc.clone().finalize(), tar_size);
        self.write(&trailer)?;
        self.out.flush()?;
        hasher.update(&trailer);
        Ok((hasher.finish(), self.end, tar_size, self.places))
    }
}

/// Writes the member in order, and hashes it on a thread of its own where there is one.
pub(super) fn write_in_order(
    out: &mut (dyn Write + Send),
    hears: Option<Arc<Written>>,
    run: Run<'_>,
    results: Receiver<Receiver<io::Result<Done>>>,
) -> io::Result<Ended> {
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
        let (mut member, mut own) = (Member::begin(out, hears, run)?, begun());
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
