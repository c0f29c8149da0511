//! How much memory a sandbox uses: the share of each of its processes, looked at every 50 ms.
//!
//! A control group would hold the limit exactly, and is not to be had without privileges in most places. A limit of the
//! address space would stop runtimes that reserve more than they use (Node.js, Go, Java).

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::processes::children;
use crate::work::lock;

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(50);

/// Watches the processes of a sandbox until the value goes.
pub struct MemoryWatch {
    watched: Arc<Watched>,
    /// When `most` looked itself.
    looked: Mutex<Option<Instant>>,
}

struct Watched {
    pid: u32,
    most: AtomicU64,
    exceeded: AtomicBool,
    ended: AtomicBool,
}

impl MemoryWatch {
    /// Watches what descends from `pid`, the outer process of a sandbox; `exceeded` is called, again and again, as long
    /// as it uses more than `limit` bytes.
    pub fn start(pid: u32, limit: u64, exceeded: impl Fn() + Send + 'static) -> Self {
        let watched =
            Arc::new(Watched { pid, most: AtomicU64::new(0), exceeded: false.into(), ended: false.into() });
        let watching = Arc::clone(&watched);
        thread::spawn(move || {
            while !watching.ended.load(Ordering::Relaxed) {
                if watching.look() > limit {
                    watching.exceeded.store(true, Ordering::Release);
                    exceeded();
                }
                thread::sleep(EVERY);
            }
        });
        Self { watched, looked: Mutex::default() }
    }

    /// The most bytes that were in use until now.
    pub fn most(&self) -> u64 {
        // Of many events in a short time, not each is worth a walk through all pages.
        let mut looked = lock(&self.looked);
        if looked.is_none_or(|looked| looked.elapsed() >= EVERY) {
            self.watched.look();
            *looked = Some(Instant::now());
        }
        self.watched.most.load(Ordering::Relaxed)
    }

    /// The same in MiB, as Lambda reports it.
    pub fn most_mib(&self) -> u32 {
        u32::try_from(self.most().div_ceil(1 << 20)).unwrap_or(u32::MAX)
    }

    /// Whether it was more than the limit.
    pub fn is_exceeded(&self) -> bool {
        self.watched.exceeded.load(Ordering::Acquire)
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.watched.ended.store(true, Ordering::Relaxed);
    }
}

impl Watched {
    fn look(&self) -> u64 {
        // The sandbox's own two processes are not the function's.
        let first = children(self.pid);
        let programs = first.into_iter().flat_map(children).collect::<Vec<_>>();
        let used = programs.into_iter().map(with_descendants).sum();
        self.most.fetch_max(used, Ordering::Relaxed);
        used
    }
}

/// The memory of a process and all that descends from it, in bytes.
fn with_descendants(pid: u32) -> u64 {
    share(pid) + children(pid).into_iter().map(with_descendants).sum::<u64>()
}

/// Pages that processes share count in part for each (proc_pid_smaps(5), `Pss`).
fn share(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() << 10
}
