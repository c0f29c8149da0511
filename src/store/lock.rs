//! Locks between processes, where the file system has them.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

/// How often a process that waits for another one looks whether it is done.
pub const LOOK: Duration = Duration::from_millis(25);

/// The looks after which the user is told what is waited for: 2 s.
pub const PATIENCE: usize = 80;

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The lock is ours until the file is closed.
    Ours,
    /// Another process, or another file handle of this one, has it.
    Taken,
    /// The file system has no locks: nothing can be said.
    Unsupported,
}

/// Tries to lock `file` for us alone.
///
/// # Errors
/// Those of the host, but for what says that there are no locks.
pub fn try_lock(file: &File) -> io::Result<Lock> {
    match file.try_lock() {
        Ok(()) => Ok(Lock::Ours),
        Err(TryLockError::WouldBlock) => Ok(Lock::Taken),
        Err(TryLockError::Error(error)) if is_unsupported(&error) => Ok(Lock::Unsupported),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// `flock` of a file system that has none says one of these. NFS has its own for files that are open for writing,
/// and says EBADF of a directory.
fn is_unsupported(error: &io::Error) -> bool {
    let without = [Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOSYS, Errno::BADF, Errno::INVAL];
    error.raw_os_error().is_some_and(|code| without.iter().any(|errno| errno.raw_os_error() == code))
}

/// Waits until no other process holds the lock, and takes it; continues without where there are no locks. `tell` is
/// called once, where that takes its time. `false` where the user `interrupted`.
///
/// # Errors
/// Those of the host.
pub fn wait(file: &File, interrupted: &AtomicBool, tell: impl FnOnce()) -> io::Result<bool> {
    let mut tell = Some(tell);
    for look in 0.. {
        if try_lock(file)? != Lock::Taken {
            return Ok(true);
        }
        if interrupted.load(Ordering::Relaxed) {
            return Ok(false);
        }
        if look >= PATIENCE
            && let Some(tell) = tell.take()
        {
            tell();
        }
        thread::sleep(LOOK);
    }
    Ok(true)
}
