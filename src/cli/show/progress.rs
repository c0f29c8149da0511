//! Progress on a terminal: a line for each function while it is built, and a line for base images while they are
//! fetched.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lambda_img::digest::Digest;
use lambda_img::progress::{Meter, Phase, Spent};

use super::ui;

/// How often lines move.
const TICK: Duration = Duration::from_millis(100);

/// What is done by then has no line: nothing flashes.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where the lines are, as long as there are some.
static SHOWN: Mutex<Option<MultiProgress>> = Mutex::new(None);

/// Blobs of bases that come in, of all functions together.
static COMING: Mutex<Coming> = Mutex::new(Coming::NOTHING);

/// Blobs that are fetched, or will be.
struct Coming {
    /// What each has in all, and of that already; whether it is over.
    blobs: BTreeMap<Digest, (u64, u64, bool)>,
    since: Option<(Instant, u64)>,
}

impl Coming {
    const NOTHING: Self = Self { blobs: BTreeMap::new(), since: None };

    /// How far they are; nothing, where nothing comes.
    fn text(&mut self) -> Option<String> {
        if self.blobs.values().all(|(.., over)| *over) {
            *self = Self::NOTHING;
            return None;
        }
        let have: u64 = self.blobs.values().map(|(_, have, _)| have).sum();
        // What is there from an earlier try took no time.
        let (since, before) = *self.since.get_or_insert((Instant::now(), have));
        let of = self.blobs.values().map(|(size, ..)| size).sum();
        Some(format!("fetching  {}, {}", part(have, of), rate(have.saturating_sub(before), since.elapsed())))
    }
}

/// Blobs will be fetched.
pub fn expecting(blobs: &[(Digest, u64)]) {
    let coming = &mut lock(&COMING).blobs;
    for (digest, size) in blobs {
        coming.entry(*digest).or_insert((*size, 0, false));
    }
}

/// A blob is fetched, and that many bytes of it are there. Whether a line shows it.
pub fn fetching(digest: Digest, size: u64, from: u64) -> bool {
    let mut coming = lock(&COMING);
    let of = coming.blobs.entry(digest).or_insert((size, 0, false));
    (of.1, of.2) = (from, false);
    lock(&SHOWN).is_some()
}

/// More bytes of it came.
pub fn came(digest: Digest, bytes: u64) {
    if let Some((_, have, _)) = lock(&COMING).blobs.get_mut(&digest) {
        *have += bytes;
    }
}

/// It is whole, or given up.
pub fn fetched(digest: Digest) {
    if let Some((_, _, over)) = lock(&COMING).blobs.get_mut(&digest) {
        *over = true;
    }
}

/// Writes a line to stderr, above those that move; whatever others wrote in it.
pub fn say(line: impl Display) {
    block(&format!("{}\n", ui::clean(&line.to_string())));
}

/// The same for lines of our own.
pub fn block(lines: &str) {
    match &*lock(&SHOWN) {
        Some(shown) => shown.suspend(|| ui::tell(lines)),
        None => ui::tell(lines),
    }
}

/// The functions of a command.
pub struct Live<'a> {
    rows: Mutex<Vec<Row<'a>>>,
    over: Mutex<bool>,
    moved: Condvar,
}

struct Row<'a> {
    name: &'a str,
    meter: &'a Meter,
    began: Option<Instant>,
    /// Since when bytes leave.
    pushing: Option<Instant>,
    line: Option<ProgressBar>,
}

/// Shows how `functions`, each by its name and what counts for it, come along while `work` works: where stderr
/// is a terminal, and not if `quiet`.
pub fn during<'a, R>(
    functions: impl IntoIterator<Item = (&'a str, &'a Meter)>,
    quiet: bool,
    work: impl FnOnce(&Live<'a>) -> R,
) -> R {
    let row = |(name, meter)| Row { name, meter, began: None, pushing: None, line: None };
    let rows = functions.into_iter().map(row).collect();
    let live = Live { rows: Mutex::new(rows), over: Mutex::new(false), moved: Condvar::new() };
    if quiet || !stderr().is_terminal() {
        return work(&live);
    }
    let lines = MultiProgress::new();
    *lock(&SHOWN) = Some(lines.clone());
    let result = thread::scope(|scope| {
        // Also where the work panics: nobody waits for the lines.
        let _over = Over(&live);
        // Without a thread nothing is shown.
        let _ = thread::Builder::new().spawn_scoped(scope, || live.show(&lines));
        work(&live)
    });
    *lock(&SHOWN) = None;
    *lock(&COMING) = Coming::NOTHING;
    result
}

struct Over<'l, 'a>(&'l Live<'a>);

impl Drop for Over<'_, '_> {
    fn drop(&mut self) {
        *lock(&self.0.over) = true;
        self.0.moved.notify_all();
    }
}

impl Live<'_> {
    /// The turn of a function has come.
    pub fn begun(&self, at: usize) {
        if let Some(row) = lock(&self.rows).get_mut(at) {
            row.began = Some(Instant::now());
        }
    }

    /// A function is done.
    pub fn ended(&self, at: usize) {
        if let Some(row) = lock(&self.rows).get_mut(at) {
            row.began = None;
            row.line.take().inspect(ProgressBar::finish_and_clear);
        }
    }

    fn show(&self, lines: &MultiProgress) {
        let mut base = None;
        let mut over = lock(&self.over);
        while !*over {
            lock(&self.rows).iter_mut().for_each(|row| row.show(lines));
            match lock(&COMING).text() {
                Some(text) => show(base.get_or_insert_with(|| line("base", lines)), text),
                None => drop(base.take().inspect(ProgressBar::finish_and_clear)),
            }
            over = self.moved.wait_timeout(over, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
        let rows = &mut *lock(&self.rows);
        let left = rows.iter_mut().filter_map(|row| row.line.take()).chain(base);
        left.for_each(|line| line.finish_and_clear());
    }
}

impl Row<'_> {
    fn show(&mut self, lines: &MultiProgress) {
        let Some(since) = self.began.map(|began| began.elapsed()).filter(|since| *since >= PATIENCE) else {
            return;
        };
        let sent = self.meter.spent(Phase::Upload).bytes;
        let pushing = (sent > 0).then(|| *self.pushing.get_or_insert_with(Instant::now));
        let text = text(self.meter, since, pushing.map(|since| since.elapsed()));
        show(self.line.get_or_insert_with(|| line(self.name, lines)), text);
    }
}

fn line(name: &str, lines: &MultiProgress) -> ProgressBar {
    let line = lines.add(ProgressBar::new_spinner());
    line.set_prefix(ui::clean(name));
    match ProgressStyle::with_template("{prefix}  {wide_msg}") {
        Ok(style) => line.with_style(style),
        Err(_) => line,
    }
}

fn show(line: &ProgressBar, text: String) {
    line.set_message(text);
    line.tick();
}

/// What a function has come to: bytes, how fast, and what a cache saved.
fn text(meter: &Meter, since: Duration, pushing: Option<Duration>) -> String {
    let [read, upload] = [Phase::Read, Phase::Upload].map(|phase| meter.spent(phase));
    let mut text = match pushing {
        Some(time) => format!("pushing  {}", moved(upload.bytes, upload.expected, time)),
        None if read.bytes == 0 => "looking at its files and base".to_owned(),
        None if read.bytes < read.expected => {
            format!("packing  {}", moved(read.bytes, read.expected, since))
        }
        None => format!("packed  {}", ui::bytes(read.bytes)),
    };
    let Spent { saved, .. } = meter.spent(Phase::Deflate);
    if saved > 0 {
        text += &format!(", {} reused", ui::bytes(saved));
    }
    text
}

/// So many bytes of so many, and how fast.
fn moved(bytes: u64, of: u64, time: Duration) -> String {
    format!("{}, {}", part(bytes, of), rate(bytes, time))
}

fn rate(bytes: u64, time: Duration) -> String {
    format!("{}/s", ui::bytes((bytes as f64 / time.as_secs_f64().max(0.1)) as u64))
}

/// So many bytes of so many, which may have been too few: some come unexpected, some twice.
fn part(bytes: u64, of: u64) -> String {
    let bytes = bytes.min(of);
    let percent = u128::from(bytes) * 100 / u128::from(of.max(1));
    format!("{} of {}, {percent} %", ui::bytes(bytes), ui::bytes(of))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
