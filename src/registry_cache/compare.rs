//! The first file in which two layers differ.

use std::io::{BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::read::MultiGzDecoder;

use super::table::{self, Row};
use crate::epoch::Epoch;
use crate::pack::tar;

/// Bytes of a tar that are compared at once.
const BUFFER: usize = 64 << 10;

/// A layer as stored, and the table of its files.
pub type Listed<'a> = (&'a [Row], Box<dyn Read + Send>);

/// The first file whose row, header or bytes differ in two layers; none where all files are the same, or the user
/// interrupts. The layer that was `found` can be anything: no more of it is read than the one that was `made` has.
pub fn first_difference(
    found: Listed<'_>,
    made: Listed<'_>,
    epoch: Epoch,
    interrupted: &AtomicBool,
) -> Option<String> {
    let unpacked = |layer| BufReader::with_capacity(BUFFER, MultiGzDecoder::new(layer));
    let ((said, found), (rows, made)) = (found, made);
    let (mut found, mut made) = (unpacked(found), unpacked(made));
    for ((said, row), (path, node)) in said.iter().zip(rows).zip(table::tree(rows).ok()?.iter()) {
        if said != row {
            return Some(said.path.clone().min(row.path.clone()));
        }
        let content = node.content_size();
        let length = (tar::header(path, node, epoch).len() + tar::padding(content)) as u64 + content;
        if !is_same(&mut found, &mut made, length, interrupted) {
            return (!interrupted.load(Ordering::Relaxed)).then(|| row.path.clone());
        }
    }
    let rest = said.get(rows.len()).or_else(|| rows.get(said.len()));
    rest.map(|row| row.path.clone())
}

/// Whether the next `length` bytes are there twice.
fn is_same(one: &mut impl Read, other: &mut impl Read, length: u64, interrupted: &AtomicBool) -> bool {
    let (mut left, mut pieces) = (length, (vec![0; BUFFER], vec![0; BUFFER]));
    while left > 0 {
        // At most the buffer.
        let count = left.min(BUFFER as u64) as usize;
        let (a, b) = (&mut pieces.0[..count], &mut pieces.1[..count]);
        let is_read = one.read_exact(a).is_ok() && other.read_exact(b).is_ok();
        if interrupted.load(Ordering::Relaxed) || !is_read || a != b {
            return false;
        }
        left -= count as u64;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::tree::{Content, FileTree, ImagePath, Node};

    /// Counts what is read.
    struct Counted<R>(R, Arc<AtomicU64>);

    impl<R: Read> Read for Counted<R> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buf)?;
            self.1.fetch_add(count as u64, Ordering::Relaxed);
            Ok(count)
        }
    }

    /// As a layer whose stored bytes are as many as those of its tar.
    fn stored(tar: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
        gzip.write_all(tar).unwrap();
        gzip.finish().unwrap()
    }

    fn layer(files: &[(&str, &str)]) -> (Vec<Row>, Vec<u8>) {
        let (mut tree, mut tar) = (FileTree::new(), Vec::new());
        for (path, text) in files {
            let content = Content::bytes("test", text.as_bytes().to_vec());
            tree.insert(ImagePath::new(path).unwrap(), Node::File { content, executable: false }).unwrap();
        }
        tar::write(&tree, Epoch::default(), &mut tar).unwrap();
        (table::rows(&tree), tar)
    }

    #[test]
    fn the_first_file_that_differs_is_found_and_no_more_is_read_than_was_made() {
        let (rows, made) = layer(&[("a", "one"), ("b", "two"), ("d", "end")]);
        let never = AtomicBool::new(false);
        let first = |said: &[Row], found: &[u8]| {
            let read = Arc::new(AtomicU64::new(0));
            let found = Counted(std::io::Cursor::new(stored(found)), Arc::clone(&read));
            let ours = std::io::Cursor::new(stored(&made));
            let file =
                first_difference((said, Box::new(found)), (&rows, Box::new(ours)), Epoch::default(), &never);
            assert!(read.load(Ordering::Relaxed) < 1 << 20);
            file
        };
        assert_eq!(first(&rows, &made), None);
        for (files, path) in [
            (&[("a", "one"), ("b", "TWO"), ("d", "end")][..], "b"),
            (&[("a", "one"), ("b", "two"), ("c", "new"), ("d", "end")], "c"),
            (&[("a", "one"), ("d", "end")], "b"),
            (&[("a", "one"), ("b", "two")], "d"),
            (&[("a", "one"), ("b", "two"), ("d", "end"), ("e", "")], "e"),
        ] {
            let (said, found) = layer(files);
            assert_eq!(first(&said, &found).as_deref(), Some(path), "{files:?}");
            // Whatever its table says.
            assert!(first(&rows, &found).is_some() || said.starts_with(&rows), "{files:?}");
        }
        // A name of 64 MiB.
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(::tar::EntryType::GNULongName);
        header.set_size(64 << 20);
        header.set_cksum();
        let long = [header.as_bytes(), &vec![b'x'; 64 << 20][..], &made].concat();
        assert_eq!(first(&rows, &long).as_deref(), Some("a"));
    }
}
