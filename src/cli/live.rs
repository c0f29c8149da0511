//! What is going on, on a terminal: a line for each function that is being built, until it is done.

use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lambda_img::progress::{Meter, Phase, Spent};

use super::ui;

/// How often lines move.
const TICK: Duration = Duration::from_millis(100);

/// What is done by then has no line: nothing flashes.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where the lines are, as long as there are some.
static SHOWN: Mutex<Option<MultiProgress>> = Mutex::new(None);

/// Writes lines to stderr, above those that move.
pub fn say(text: impl Display) {
    match &*lock(&SHOWN) {
        Some(lines) => lines.suspend(|| eprint!("{text}")),
        None => eprint!("{text}"),
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
        let mut over = lock(&self.over);
        while !*over {
            lock(&self.rows).iter_mut().for_each(|row| row.show(lines));
            over = self.moved.wait_timeout(over, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
        lock(&self.rows)
            .iter_mut()
            .filter_map(|row| row.line.take())
            .for_each(|line| line.finish_and_clear());
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
        let line = self.line.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix}  {wide_msg}");
            let line = lines.add(ProgressBar::new_spinner());
            line.set_prefix(self.name.to_owned());
            match style {
                Ok(style) => line.with_style(style),
                Err(_) => line,
            }
        });
        line.set_message(text);
        line.tick();
    }
}

/// What a function has come to: bytes, how fast, and what a cache saved.
fn text(meter: &Meter, since: Duration, pushing: Option<Duration>) -> String {
    let [read, upload] = [Phase::Read, Phase::Upload].map(|phase| meter.spent(phase).bytes);
    let rate = |bytes: u64, time: Duration| ui::bytes((bytes as f64 / time.as_secs_f64().max(0.1)) as u64);
    let mut text = match pushing {
        Some(time) => format!("pushing  {}, {}/s", ui::bytes(upload), rate(upload, time)),
        None if read > 0 => format!("packing  {}, {}/s", ui::bytes(read), rate(read, since)),
        None => "looking at its files and base".to_owned(),
    };
    let Spent { saved, .. } = meter.spent(Phase::Deflate);
    if saved > 0 {
        text += &format!(", {} reused", ui::bytes(saved));
    }
    text
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
