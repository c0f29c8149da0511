//! Holds the tar of a layer to its table byte by byte, but for the contents of files: layer format 2 leaves nothing else
//! open.
//!
//! A survey tells what a tar means. What it does not tell, such as owner names, global headers, and what pads the contents
//! of files, is found here.

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::bad_entry_error::BadEntry;
use super::client::RegistryCache;
use super::found::Found;
use super::table::{self, Row};
use crate::epoch::Epoch;
use crate::image::BlobSource;
use crate::pack::tar;
use crate::store::cache::CachedBlob;
use crate::tree::Node;

/// Bytes of a tar that are read at once.
const BUFFER: usize = 64 << 10;

impl RegistryCache {
    /// Holds the records of a layer, and what pads them, to what this program writes for the table of its entry. What was
    /// found to be so is remembered.
    ///
    /// # Errors
    /// [`BadEntry`].
    pub fn compare_records(&self, found: &Found, layer: &CachedBlob, epoch: Epoch) -> Result<(), BadEntry> {
        if self.remembers_records(found.said) {
            return Ok(());
        }
        let read = |error: io::Error| BadEntry::Form(format!("its layer cannot be read: {error}"));
        let tar = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(layer.open().map_err(read)?));
        match first_other_record(tar, &found.config.files, epoch)? {
            Some(path) => Err(BadEntry::OtherRecord(path)),
            None => {
                self.remember_records(found.said);
                Ok(())
            }
        }
    }
}

/// The path of the first file of which a tar has other records than those of layer format 2, or other bytes behind its
/// content than zeros; none if the tar has no such file.
fn first_other_record(mut tar: impl Read, files: &[Row], epoch: Epoch) -> Result<Option<String>, BadEntry> {
    for (path, node) in table::tree(files)?.iter() {
        let size = match node {
            Node::File { content, .. } => content.size(),
            Node::Dir { .. } | Node::Symlink { .. } => 0,
        };
        let is_ours = is_next(&mut tar, &tar::header(path, node, epoch))
            && io::copy(&mut (&mut tar).take(size), &mut io::sink()).is_ok_and(|passed| passed == size)
            && is_next(&mut tar, &tar::END[..tar::padding(size)]);
        if !is_ours {
            return Ok(Some(path.to_string()));
        }
    }
    Ok(None)
}

/// Whether these bytes come next.
fn is_next(tar: &mut impl Read, expected: &[u8]) -> bool {
    let mut found = vec![0; expected.len()];
    tar.read_exact(&mut found).is_ok() && found == expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::tar::RECORD;
    use crate::tree::{Content, FileTree, ImagePath};

    #[test]
    fn what_no_survey_tells_is_found() {
        let (epoch, mut tree) = (Epoch::default(), FileTree::new());
        let file = Node::File { content: Content::bytes("test", b"one".to_vec()), executable: false };
        let link = Node::Symlink { target: "ö".repeat(80), origin: String::new() };
        tree.insert(ImagePath::new("var/list").unwrap(), file).unwrap();
        tree.insert(ImagePath::new("var/none").unwrap(), link).unwrap();
        let (table, mut good) = (table::rows(&tree), Vec::new());
        tar::write(&tree, epoch, &mut good).unwrap();
        let first = |tar: &[u8]| first_other_record(tar, &table, epoch).unwrap();
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
