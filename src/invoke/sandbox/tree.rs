//! All processes of a sandbox, seen from its first.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use rustix::fs::{Dir, Mode, OFlags};
use rustix::process::{Pid, Signal};

/// Sends a signal to all processes of the sandbox but this one. `proc` is the directory `/proc` of this machine.
pub fn signal_all(proc: &OwnedFd, signal: Signal) {
    if rustix::process::getpid().is_init() {
        // The first of a process namespace signals all others at once: this is kill(-1), see kill(2).
        let _ = rustix::process::kill_process_group(Pid::INIT, signal);
        return;
    }
    // In rounds: meanwhile there may be new ones.
    let mut signalled = BTreeSet::new();
    // A process that makes others without end is not waited for.
    for _ in 0..8 {
        let all = descendants(proc, std::process::id().cast_signed());
        let new: Vec<_> = all.into_iter().filter(|pid| signalled.insert(*pid)).collect();
        if new.is_empty() {
            return;
        }
        send(&new, signal);
    }
}

/// Ends all processes that descend from this one: what dies leaves its children to this one, and another thread reaps
/// them.
pub fn kill_descendants(proc: &OwnedFd) {
    for _ in 0..200 {
        let left = descendants(proc, std::process::id().cast_signed());
        if left.is_empty() {
            return;
        }
        send(&left, Signal::KILL);
        thread::sleep(Duration::from_millis(5));
    }
}

fn send(pids: &[i32], signal: Signal) {
    for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

fn descendants(proc: &OwnedFd, pid: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut left = vec![pid];
    while let Some(pid) = left.pop() {
        let children = children(proc, pid);
        found.extend(&children);
        left.extend(children);
    }
    found
}

fn children(proc: &OwnedFd, pid: i32) -> Vec<i32> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let tasks = rustix::fs::openat(proc, format!("{pid}/task"), flags, Mode::empty());
    let mut found = Vec::new();
    for task in tasks.and_then(Dir::read_from).into_iter().flatten().flatten() {
        let Ok(task) = task.file_name().to_str() else { continue };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(proc, format!("{pid}/task/{task}/children"), flags, Mode::empty());
        let mut text = String::new();
        let read = file.is_ok_and(|file| std::fs::File::from(file).read_to_string(&mut text).is_ok());
        if read {
            found.extend(text.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
    }
    found
}
