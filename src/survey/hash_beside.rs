//! SHA-256 of what a layer unpacks to, on a thread of its own once there is much of it: unpacking and hashing take about
//! as long, and both stand between a check and its end.

use std::io::{self, Read};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use crate::digest::{Digest, Hasher};
use crate::work::{Running, try_spawn};

/// Bytes after which a thread is worth it, and of each piece that it gets.
const PIECE: usize = 1 << 18;

/// Pieces that wait for it.
const WAITING: usize = 4;

/// Counts and hashes what it passes on.
pub struct HashedBeside<'scope, 'env, R> {
    inner: R,
    pub size: u64,
    scope: &'scope Scope<'scope, 'env>,
    hash: Hash<'scope>,
}

enum Hash<'scope> {
    /// There was little so far.
    Little(Hasher),
    /// There is no thread for it.
    Here(Hasher),
    Beside(Beside<'scope>),
}

struct Beside<'scope> {
    piece: Vec<u8>,
    full: SyncSender<Vec<u8>>,
    /// Pieces that were hashed: their memory is used again.
    hashed: Receiver<Vec<u8>>,
    thread: Running<'scope, Digest>,
}

impl<'scope, 'env, R> HashedBeside<'scope, 'env, R> {
    /// What `inner` gives, hashed on a thread of `scope`.
    pub fn new(scope: &'scope Scope<'scope, 'env>, inner: R) -> Self {
        Self { inner, size: 0, scope, hash: Hash::Little(Hasher::default()) }
    }

    /// The digest of all that was read.
    pub fn digest(self) -> Digest {
        match self.hash {
            Hash::Little(hasher) | Hash::Here(hasher) => hasher.finish(),
            Hash::Beside(beside) => beside.finish(),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        match &mut self.hash {
            Hash::Little(hasher) => {
                hasher.update(bytes);
                if self.size >= PIECE as u64 {
                    self.hash = Beside::begin(self.scope, hasher.clone());
                }
            }
            Hash::Here(hasher) => hasher.update(bytes),
            Hash::Beside(beside) => beside.update(bytes),
        }
    }
}

impl<'scope> Beside<'scope> {
    fn begin(scope: &'scope Scope<'scope, '_>, hasher: Hasher) -> Hash<'scope> {
        let (full, pieces) = sync_channel::<Vec<u8>>(WAITING);
        let (back, hashed) = sync_channel(WAITING + 1);
        let mut theirs = hasher.clone();
        let work = move || {
            for mut piece in pieces {
                theirs.update(&piece);
                piece.clear();
                // Nobody wants it any more at the end.
                let _ = back.try_send(piece);
            }
            theirs.finish()
        };
        match try_spawn(scope, work) {
            Ok(thread) => Hash::Beside(Self { piece: Vec::with_capacity(PIECE), full, hashed, thread }),
            Err(_) => Hash::Here(hasher),
        }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (some, rest) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(some);
            bytes = rest;
            if self.piece.len() == PIECE {
                let next = self.hashed.try_recv().unwrap_or_else(|_| Vec::with_capacity(PIECE));
                // It ends with the channel: where it panicked, `finish` tells.
                let _ = self.full.send(mem::replace(&mut self.piece, next));
            }
        }
    }

    fn finish(self) -> Digest {
        let _ = self.full.send(self.piece);
        drop(self.full);
        self.thread.join()
    }
}

impl<R: Read> Read for HashedBeside<'_, '_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buf) {
            Ok(count) => {
                self.update(&buf[..count]);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(error.kind().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_digest_is_that_of_all_bytes_however_many_there_are() {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7, 9 * PIECE] {
            let bytes: Vec<u8> = (0..size).map(|at| (at >> 8 ^ at) as u8).collect();
            for step in [1000, PIECE + 5] {
                let read = thread::scope(|scope| {
                    let mut hashed = HashedBeside::new(scope, &bytes[..]);
                    let mut buffer = vec![0; step];
                    while hashed.read(&mut buffer).unwrap() > 0 {}
                    (hashed.size, hashed.digest())
                });
                assert_eq!(read, (size as u64, Digest::of(&bytes)), "{size} by {step}");
            }
        }
    }
}
