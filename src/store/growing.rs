//! `Growing`: a blob that is read by others while it is still being written.
//!
//! What is written need not be fit to leave yet: of the tar that the blob is made of, a part is *cleared*, from its start
//! on. Readers get the bytes that are written and made of what is cleared, and wait for more.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::image::BlobSource;
use crate::work::lock;

/// A blob in the making.
pub struct Growing {
    source: Arc<dyn BlobSource>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes of the tar that may leave.
    cleared: u64,
    /// What is written and not cleared: ends of pieces, in the tar and in the blob.
    waiting: VecDeque<(u64, u64)>,
    /// Bytes of the blob that may be read.
    ready: u64,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// All of it is there, and may leave.
    Whole,
    /// It never will be, or is not wanted any more.
    GivenUp,
}

impl Growing {
    /// The blob that is written to `source`, whose readers see what was written after they were opened, too.
    pub fn new(source: Arc<dyn BlobSource>) -> Arc<Self> {
        Arc::new(Self { source, state: Mutex::default(), changed: Condvar::new() })
    }

    /// The first `tar` bytes of the tar are the first `blob` bytes of the blob, which are in the file now.
    pub fn written(&self, tar: u64, blob: u64) {
        self.change(|state| state.waiting.push_back((tar, blob)));
    }

    /// The first `tar` bytes of the tar may leave.
    pub fn clear(&self, tar: u64) {
        self.change(|state| state.cleared = state.cleared.max(tar));
    }

    /// All is written, `size` bytes, and may leave.
    pub fn finish(&self, size: u64) {
        self.change(|state| {
            state.ready = size;
            state.end.get_or_insert(End::Whole);
        });
    }

    /// Readers get no more.
    pub fn give_up(&self) {
        self.change(|state| state.end = Some(End::GivenUp));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        change(&mut state);
        while let Some((tar, blob)) = state.waiting.front()
            && *tar <= state.cleared
        {
            state.ready = state.ready.max(*blob);
            state.waiting.pop_front();
        }
        drop(state);
        self.changed.notify_all();
    }

    /// A reader from the start on. It waits for what is still to come, and fails where the blob is given up.
    ///
    /// # Errors
    /// Those of opening what is written.
    pub fn open(self: &Arc<Self>) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Reader { bytes: self.source.open()?, growing: Arc::clone(self), at: 0 }))
    }

    /// How many bytes may be read behind the first `at`: none at the end.
    fn ready(&self, at: u64) -> io::Result<u64> {
        let waits = |state: &mut State| state.end.is_none() && state.ready <= at;
        let state = self.changed.wait_while(lock(&self.state), waits);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        match state.end {
            Some(End::GivenUp) => Err(io::Error::other("the layer is not to be sent any more")),
            _ => Ok(state.ready - at),
        }
    }
}

struct Reader {
    bytes: Box<dyn Read + Send>,
    growing: Arc<Growing>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let ready = usize::try_from(self.growing.ready(self.at)?).unwrap_or(usize::MAX);
        let most = ready.min(buf.len());
        let count = self.bytes.read(&mut buf[..most])?;
        if count == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;

    use super::*;
    use crate::store::FileBlob;

    /// A growing blob, and the file that it is written to.
    fn blob() -> (Arc<Growing>, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        (Growing::new(Arc::new(FileBlob::foreign(file.path().to_owned()))), file)
    }

    #[test]
    fn readers_get_what_is_written_and_cleared_and_wait_for_the_rest() {
        let (growing, mut file) = blob();
        let mut reader = growing.open().unwrap();
        file.write_all(b"0123456789").unwrap();
        growing.written(100, 4);
        growing.written(200, 7);
        growing.clear(199);
        growing.written(300, 10);
        let mut piece = [0; 10];
        assert_eq!((reader.read(&mut piece).unwrap(), &piece[..4]), (4, &b"0123"[..]));
        let rest = thread::scope(|scope| {
            let rest = scope.spawn(|| {
                let mut rest = String::new();
                reader.read_to_string(&mut rest).map(|_| rest)
            });
            growing.clear(250);
            growing.finish(10);
            rest.join().unwrap()
        });
        assert_eq!(rest.unwrap(), "456789");
        // Whoever begins anew gets all of it.
        assert_eq!(io::read_to_string(growing.open().unwrap()).unwrap(), "0123456789");
    }

    #[test]
    fn a_blob_that_is_given_up_fails_whoever_waits_for_it() {
        let (growing, _file) = blob();
        growing.written(100, 4);
        let mut reader = growing.open().unwrap();
        let read = thread::scope(|scope| {
            let read = scope.spawn(|| reader.read(&mut [0; 4]));
            growing.give_up();
            read.join().unwrap()
        });
        assert!(read.is_err());
    }
}
