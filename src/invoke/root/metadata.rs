//! What an unpacked file has besides its bytes.

use rustix::fs::{Timespec, Timestamps, UTIME_OMIT};

use crate::survey::{Entry, Kind};

/// A directory that no layer has.
pub fn plain_directory() -> Entry {
    Entry {
        path: String::new(),
        kind: Kind::Dir,
        size: 0,
        mode: 0o755,
        owner: (0, 0),
        mtime: 0,
        link: None,
        pax: Vec::new(),
        facts: Vec::new(),
    }
}

/// Times of a file that was modified then, in seconds since 1970.
pub fn modified(seconds: i64) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: seconds, tv_nsec: 0 },
    }
}
