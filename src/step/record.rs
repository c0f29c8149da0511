//! `StepRecord`: what is remembered of a step that ran: its layer, the files in it, and what the user should know.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::pack::Packed;
use crate::tree::{FileTree, Node};

/// The form of records: another one is not read.
const FORM: u8 = 1;

/// What a step made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Its layer; none, where it wrote nothing.
    pub packed: Option<Packed>,
    /// What is in the layer, in order.
    pub entries: Vec<Entry>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// One entry of its layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The path in the image.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryKind {
    /// A directory.
    Dir {
        /// Writable by all.
        sticky: bool,
    },
    /// A regular file.
    File {
        /// In bytes.
        size: u64,
        /// Whether the file has a permission to execute it.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// What it points to.
        target: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Stored {
    form: u8,
    packed: Option<([u8; 32], u64, [u8; 32], u64)>,
    entries: Vec<Entry>,
    warnings: Vec<String>,
}

impl StepRecord {
    /// The entries of a tree.
    pub fn entries(tree: &FileTree) -> Vec<Entry> {
        let entry = |(path, node): (&crate::tree::ImagePath, &Node)| Entry {
            path: path.to_string(),
            kind: match node {
                Node::Dir { sticky } => EntryKind::Dir { sticky: *sticky },
                Node::File { content, executable } => {
                    EntryKind::File { size: content.size(), executable: *executable }
                }
                Node::Symlink { target, .. } => EntryKind::Link { target: target.clone() },
            },
        };
        tree.iter().map(entry).collect()
    }

    /// As bytes; `None` where it has no form.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let packed = self.packed.map(|packed| {
            (*packed.digest.as_bytes(), packed.size, *packed.diff_id.as_bytes(), packed.tar_size)
        });
        let (entries, warnings) = (self.entries.clone(), self.warnings.clone());
        postcard::to_stdvec(&Stored { form: FORM, packed, entries, warnings }).ok()
    }

    /// The record of these bytes, if they are one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Stored { form, packed, entries, warnings } = postcard::from_bytes(bytes).ok()?;
        let packed = packed.map(|(digest, size, diff_id, tar_size)| Packed {
            digest: Digest::from_bytes(digest),
            size,
            diff_id: Digest::from_bytes(diff_id),
            tar_size,
        });
        (form == FORM).then_some(Self { packed, entries, warnings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_whole() {
        let packed = Packed { digest: Digest::of(b"1"), size: 1, diff_id: Digest::of(b"2"), tar_size: 2 };
        let kinds = [
            EntryKind::Dir { sticky: true },
            EntryKind::File { size: 3, executable: true },
            EntryKind::Link { target: "x".to_owned() },
        ];
        let entries = kinds.map(|kind| Entry { path: "a".to_owned(), kind }).to_vec();
        let record = StepRecord { packed: Some(packed), entries, warnings: vec!["w".to_owned()] };
        let bytes = record.to_bytes().unwrap();
        assert_eq!(StepRecord::from_bytes(&bytes), Some(record));
        assert_eq!(StepRecord::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(StepRecord::from_bytes(&[]), None);
    }
}
