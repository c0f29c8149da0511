//! Progress of long work, and a measurement of where its time went.

use std::io::{self, Read};
use std::iter::Sum;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::digest::Digest;

/// Receives the progress of a build, in order, from any thread.
pub trait Progress: Send + Sync {
    /// Blobs, by digest and size in bytes, will be fetched during other work, if they are not cached.
    fn expecting(&self, _blobs: &[(Digest, u64)]) {}

    /// More bytes of a blob have arrived.
    fn came(&self, _digest: Digest, _bytes: u64) {}

    /// A blob is complete, or its download was aborted.
    fn fetched(&self, _digest: Digest) {}

    /// A blob of `size` bytes is fetched into the cache, from byte `from` on: what comes before is
    /// there already.
    fn fetching(&self, digest: Digest, size: u64, from: u64);

    /// A step of this name begins to run its command; a clause says why.
    fn step_begins(&self, _step: &str, _why: &str) {}

    /// The command of a step printed a line.
    fn step_says(&self, _step: &str, _line: &str) {}

    /// The command of a step has ended; where it failed, with all that it printed.
    fn step_ends(&self, _step: &str, _failed: Option<&str>) {}

    /// Another process runs the same step, and takes its time.
    fn step_waits(&self, _step: &str) {}

    /// A program of the user is slow, perhaps because it asks a question; it may take `limit`.
    fn waiting(&self, program: &str, limit: Duration);

    /// The build waits for another process, which pushes the same image to the repository `place`
    /// (`registry/repository`).
    fn behind(&self, place: &str);

    /// The repository of copies `copies` lacks the base `base`, which is read from its own registry.
    fn not_copied(&self, _base: &str, _copies: &str) {}

    /// The repository of copies, or one copy, cannot be read: bases are read from their own registries.
    fn copies_unreadable(&self, _copies: &str, _why: &str) {}

    /// The build waits for another process, which writes to the directory `path`.
    fn locked(&self, path: &Path);
}

/// Ignores all progress.
pub struct Silent;

impl Progress for Silent {
    fn fetching(&self, _digest: Digest, _size: u64, _from: u64) {}

    fn waiting(&self, _program: &str, _limit: Duration) {}

    fn behind(&self, _place: &str) {}

    fn locked(&self, _path: &Path) {}
}

/// A reader of a blob that is downloaded, which reports the bytes as progress.
pub struct ProgressReader<R> {
    rest: R,
    digest: Digest,
    progress: Arc<dyn Progress>,
}

impl<R> ProgressReader<R> {
    /// `progress` hears of what is read from `rest`, which is of the blob `digest`.
    pub fn new(rest: R, digest: Digest, progress: Arc<dyn Progress>) -> Self {
        Self { rest, digest, progress }
    }
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.rest.read(buffer)?;
        self.progress.came(self.digest, count as u64);
        Ok(count)
    }
}

/// The phases of a build, for measuring time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Finding the files and laying them out.
    Walk,
    /// Asking a registry for what other machines made, waiting for them, and writing for them.
    RegistryCache,
    /// Reading their bytes.
    Read,
    /// Compressing them.
    Deflate,
    /// SHA-256 of the tars.
    Hash,
    /// Hashing and writing the layers.
    Write,
    /// Completing the outputs.
    Publish,
    /// Registries.
    Upload,
}

impl Phase {
    /// All of them, in the order in which a build comes to them.
    pub const ALL: [Self; 8] = [
        Self::Walk,
        Self::RegistryCache,
        Self::Read,
        Self::Deflate,
        Self::Hash,
        Self::Write,
        Self::Publish,
        Self::Upload,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Walk => "walk",
            Self::RegistryCache => "registry cache",
            Self::Read => "read",
            Self::Deflate => "deflate",
            Self::Hash => "hash",
            Self::Write => "write",
            Self::Publish => "publish",
            Self::Upload => "upload",
        }
    }
}

/// Time and bytes of one phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The time of all threads together: more than passed, where several worked.
    pub time: Duration,
    /// The bytes that went through it; of the walk, the number of files.
    pub bytes: u64,
    /// The bytes that a cache saved it.
    pub saved: u64,
    /// The bytes that are known to go through it, those that did included; fewer where some come unexpected.
    pub expected: u64,
}

impl Sum for Spent {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            time: sum.time + one.time,
            bytes: sum.bytes + one.bytes,
            saved: sum.saved + one.saved,
            expected: sum.expected + one.expected,
        })
    }
}

/// Counts, from any thread; clones count together. The clock moves nothing but these numbers.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<[Cell; Phase::ALL.len()]>);

#[derive(Debug, Default)]
struct Cell {
    nanos: AtomicU64,
    bytes: AtomicU64,
    saved: AtomicU64,
    expected: AtomicU64,
}

/// A moment until which something is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// How long it is until then.
    pub fn left(&self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }
}

/// What `work` gives, and how long it took.
pub fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let began = Instant::now();
    let made = work();
    (made, began.elapsed())
}

impl Meter {
    /// Runs `work`, which returns its bytes with its result, and counts both it and its time.
    pub fn time<R: Counted>(&self, phase: Phase, work: impl FnOnce() -> R) -> R::Rest {
        let start = Instant::now();
        let (rest, bytes) = work().split();
        let cell = &self.0[phase as usize];
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        cell.nanos.fetch_add(nanos, Ordering::Relaxed);
        cell.bytes.fetch_add(bytes, Ordering::Relaxed);
        rest
    }

    /// Counts the bytes that are read from `reader` as they are read.
    pub fn reading<R: Read>(&self, phase: Phase, reader: R) -> impl Read + use<R> {
        Counting { meter: self.clone(), phase, reader }
    }

    /// Counts bytes that a cache saved `phase`.
    pub fn saved(&self, phase: Phase, bytes: u64) {
        self.0[phase as usize].saved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes that will go through `phase`.
    pub fn expect(&self, phase: Phase, bytes: u64) {
        self.0[phase as usize].expected.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts a layer that need not be packed, by the sizes of its tar and of itself.
    pub fn spared(&self, tar_size: u64, size: u64) {
        [Phase::Read, Phase::Deflate, Phase::Hash].into_iter().for_each(|phase| self.saved(phase, tar_size));
        self.saved(Phase::Write, size);
    }

    /// Time and bytes of `phase` so far.
    pub fn spent(&self, phase: Phase) -> Spent {
        let cell = &self.0[phase as usize];
        Spent {
            time: Duration::from_nanos(cell.nanos.load(Ordering::Relaxed)),
            bytes: cell.bytes.load(Ordering::Relaxed),
            saved: cell.saved.load(Ordering::Relaxed),
            expected: cell.expected.load(Ordering::Relaxed),
        }
    }
}

struct Counting<R> {
    meter: Meter,
    phase: Phase,
    reader: R,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.meter.0[self.phase as usize].bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A result and the bytes that it took.
pub trait Counted {
    /// The result alone.
    type Rest;

    /// Both apart; what failed took none.
    fn split(self) -> (Self::Rest, u64);
}

impl<T> Counted for (T, u64) {
    type Rest = T;

    fn split(self) -> (T, u64) {
        self
    }
}

impl<T, E> Counted for Result<(T, u64), E> {
    type Rest = Result<T, E>;

    fn split(self) -> (Self::Rest, u64) {
        match self {
            Ok((value, bytes)) => (Ok(value), bytes),
            Err(error) => (Err(error), 0),
        }
    }
}
