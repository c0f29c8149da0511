//! Holds a layer to its table byte by byte, but for the contents of files: layer format 2 leaves nothing else open, neither
//! in the tar nor in how it is compressed.
//!
//! A survey tells what a tar means. What it does not tell, such as owner names, global headers, and what pads the contents
//! of files, is found here. The tar is also packed again: another compression of it would give images another digest.

use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use flate2::read::MultiGzDecoder;

use super::bad_entry_error::BadEntry;
use super::client::RegistryCache;
use super::found::Found;
use super::table::{self, Row};
use crate::epoch::Epoch;
use crate::image::BlobSource;
use crate::pack::{pack, tar};
use crate::store::cache::CachedBlob;
use crate::tree::{Content, FileTree, ImagePath, Member, Node};
use crate::work::{Interrupted, Run, Watched, lock};

/// Bytes of a tar that are read at once.
const BUFFER: usize = 64 << 10;

impl RegistryCache {
    /// Holds a layer to what this program writes for the table of its entry and the contents of its files, with `jobs`
    /// threads. What was found to be so is remembered.
    ///
    /// # Errors
    /// [`BadEntry`].
    pub fn compare_records(
        &self,
        found: &Found,
        layer: &CachedBlob,
        epoch: Epoch,
        jobs: NonZeroUsize,
    ) -> Result<(), BadEntry> {
        if self.remembers_records(found.said) {
            return Ok(());
        }
        let Some(packed) = found.config.packed else { return Ok(()) };
        let read = |error: io::Error| BadEntry::Form(format!("its layer cannot be read: {error}"));
        let stored = layer.open().map_err(read)?;
        let tar =
            Watched { source: MultiGzDecoder::new(stored), interrupted: Arc::clone(self.interrupted()) };
        let tar = BufReader::with_capacity(BUFFER, tar);
        let run = Run::new(jobs, self.interrupted());
        let records = Records::of(tar, &found.config.files, epoch)?;
        let again = pack(&records.contents()?, epoch, run, None, None, &mut io::sink());
        let again = match again.map(|again| again.packed) {
            _ if run.check().is_err() => return Err(read(io::Error::other(Interrupted))),
            again => again,
        };
        if let Some(path) = records.first_other() {
            return Err(BadEntry::OtherRecord(path));
        }
        match again {
            Ok(again) if again == packed => {
                self.remember_records(found.said);
                Ok(())
            }
            Ok(again) if again.diff_id == packed.diff_id => {
                Err(BadEntry::OtherCompression { expected: again.digest, found: packed.digest })
            }
            Ok(again) => Err(BadEntry::DiffId { expected: packed.diff_id, found: again.diff_id }),
            Err(error) => Err(BadEntry::Form(format!("its layer cannot be packed again: {error}"))),
        }
    }
}

/// A tar whose records are compared with those of its table, while the contents of its files are read in order.
struct Records<R>(Arc<Mutex<Reading<R>>>);

struct Reading<R> {
    tar: R,
    rows: Vec<(ImagePath, Node)>,
    epoch: Epoch,
    /// How many rows have been begun.
    begun: usize,
    /// Bytes that are left of the content of the row that was begun last.
    left: u64,
    /// The first row whose records are others.
    other: Option<usize>,
}

impl<R: Read + Send + 'static> Records<R> {
    fn of(tar: R, files: &[Row], epoch: Epoch) -> Result<Self, BadEntry> {
        let rows = table::tree(files)?.iter().map(|(path, node)| (path.clone(), node.clone())).collect();
        Ok(Self(Arc::new(Mutex::new(Reading { tar, rows, epoch, begun: 0, left: 0, other: None }))))
    }

    /// The tree of the table, with the contents that the tar has: they can be read once, in order.
    fn contents(&self) -> Result<FileTree, BadEntry> {
        let with_content = |(at, (path, node)): (usize, &(ImagePath, Node))| {
            let node = match node {
                Node::File { content, executable } => {
                    let member = OfTar { row: at, reading: Arc::clone(&self.0) };
                    let content = Content::member(Arc::new(member), content.size(), None);
                    Node::File { content, executable: *executable }
                }
                other => other.clone(),
            };
            (path.clone(), node)
        };
        Ok(FileTree::of(lock(&self.0).rows.iter().enumerate().map(with_content).collect()))
    }

    /// The path of the first file of which the tar has other records than those of layer format 2, or other bytes behind
    /// its content than zeros, once all contents have been read.
    fn first_other(&self) -> Option<String> {
        let mut reading = lock(&self.0);
        let last = reading.rows.len().saturating_sub(1);
        let _ = reading.begin(last).and_then(|()| reading.end());
        reading.other.and_then(|at| reading.rows.get(at)).map(|(path, _)| path.to_string())
    }
}

impl<R: Read> Reading<R> {
    /// Reads on until the content of a row is next.
    fn begin(&mut self, row: usize) -> io::Result<()> {
        while self.begun <= row {
            self.end()?;
            let Some((path, node)) = self.rows.get(self.begun) else { break };
            let header = tar::header(path, node, self.epoch);
            self.left = node.content_size();
            self.begun += 1;
            self.expect(&header)?;
        }
        Ok(())
    }

    /// Reads the rest of the row that was begun last.
    fn end(&mut self) -> io::Result<()> {
        let Some((_, node)) = self.begun.checked_sub(1).and_then(|at| self.rows.get(at)) else {
            return Ok(());
        };
        let padding = tar::padding(node.content_size());
        let left = std::mem::take(&mut self.left);
        match io::copy(&mut (&mut self.tar).take(left), &mut io::sink()) {
            Ok(passed) if passed == left => self.expect(&tar::END[..padding]),
            _ => self.is_other(),
        }
    }

    /// Holds what comes next to these bytes.
    fn expect(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut found = vec![0; bytes.len()];
        let is_next = self.other.is_none() && self.tar.read_exact(&mut found).is_ok() && found == bytes;
        if is_next { Ok(()) } else { self.is_other() }
    }

    fn is_other(&mut self) -> io::Result<()> {
        self.other = self.other.or(self.begun.checked_sub(1));
        Err(io::Error::other("the tar has other records than its table"))
    }
}

/// The content of a row in the tar.
struct OfTar<R> {
    row: usize,
    reading: Arc<Mutex<Reading<R>>>,
}

impl<R: Read + Send + 'static> Member for OfTar<R> {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        lock(&self.reading).begin(self.row)?;
        Ok(Box::new(Body(Arc::clone(&self.reading))))
    }

    fn origin(&self) -> String {
        "a file of a layer".to_owned()
    }
}

/// The rest of the content of the row that was begun last.
struct Body<R>(Arc<Mutex<Reading<R>>>);

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut reading = lock(&self.0);
        let most = (buf.len() as u64).min(reading.left);
        // At most the buffer's.
        let count = reading.tar.read(&mut buf[..most as usize])?;
        reading.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::pack::tar::RECORD;

    #[test]
    fn what_no_survey_tells_is_found() {
        let (epoch, mut tree) = (Epoch::default(), FileTree::new());
        let file = Node::File { content: Content::bytes("test", b"one".to_vec()), executable: false };
        let link = Node::Symlink { target: "ö".repeat(80), origin: String::new() };
        tree.insert(ImagePath::new("var/list").unwrap(), file).unwrap();
        tree.insert(ImagePath::new("var/none").unwrap(), link).unwrap();
        let (table, mut good) = (table::rows(&tree), Vec::new());
        tar::write(&tree, epoch, &mut good).unwrap();
        let first = |tar: &[u8]| {
            let records = Records::of(io::Cursor::new(tar.to_vec()), &table, epoch).unwrap();
            let never = AtomicBool::new(false);
            let run = Run::new(NonZeroUsize::MIN, &never);
            let _ = pack(&records.contents().unwrap(), epoch, run, None, None, &mut io::sink());
            records.first_other()
        };
        assert_eq!(first(&good), None);
        let changed = |at: usize, byte: u8| {
            let mut tar = good.clone();
            tar[at] = byte;
            tar
        };
        let (list, content) = (RECORD, 2 * RECORD);
        // An owner name, a device number, what stands behind the header's fields, and behind a file.
        for at in [list + 265, list + 329, list + 505, content + 3, content + RECORD - 1] {
            assert_eq!(first(&changed(at, b'7')), Some("var/list".to_owned()), "{at}");
        }
        assert_eq!(first(&changed(content + 2, b'7')), None);
        // A header that holds for all that follows.
        let global = vec![0; 2 * RECORD];
        let with_global = [&good[..list], &global, &good[list..]].concat();
        assert_eq!(first(&with_global), Some("var/list".to_owned()));
        assert_eq!(first(&good[..content + 2]), Some("var/list".to_owned()));
    }
}
