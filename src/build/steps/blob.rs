//! The files of a step's layer, as they are remembered: their bytes are read from the layer, where something asks.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use crate::image::BlobSource;
use crate::pack::Packed;
use crate::step::{Entry, EntryKind};
use crate::store::cache::Cache;
use crate::tree::{Content, FileTree, ImagePath, Member, Node};

/// The layer of a step in the cache.
pub struct StepBlob {
    /// The cache.
    pub cache: Cache,
    /// The layer.
    pub packed: Packed,
}

impl BlobSource for StepBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self.cache.open(self.packed.digest, self.packed.size).map_err(io::Error::other)? {
            Some(blob) => blob.open(),
            None => Err(io::Error::other("the layer of a step went from the cache while it was built")),
        }
    }

    fn file(&self) -> io::Result<Option<File>> {
        match self.cache.open(self.packed.digest, self.packed.size).map_err(io::Error::other)? {
            Some(blob) => blob.file(),
            None => Ok(None),
        }
    }
}

/// The tree of these entries of the layer that `source` has. What no tree can have is not there: the entries are those of
/// a tree.
pub fn step_tree(step: &str, entries: &[Entry], source: &Arc<dyn BlobSource>) -> FileTree {
    let layer: Arc<StepContents> =
        Arc::new(StepContents { step: step.to_owned(), source: Arc::clone(source) });
    let node = |entry: &Entry| match &entry.kind {
        EntryKind::Dir { sticky } => Node::Dir { sticky: *sticky },
        EntryKind::File { size, executable } => {
            let file = StepFile { layer: Arc::clone(&layer), path: entry.path.clone() };
            Node::File { content: Content::member(Arc::new(file), *size, None), executable: *executable }
        }
        EntryKind::Link { target } => {
            Node::Symlink { target: target.clone(), origin: layer.origin(&entry.path) }
        }
    };
    let entries = entries.iter().filter_map(|entry| Some((ImagePath::new(&entry.path).ok()?, node(entry))));
    FileTree::of(entries.collect())
}

struct StepContents {
    step: String,
    source: Arc<dyn BlobSource>,
}

impl StepContents {
    fn origin(&self, path: &str) -> String {
        format!("/{path} of step {}", self.step)
    }
}

struct StepFile {
    layer: Arc<StepContents>,
    path: String,
}

impl Member for StepFile {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut tar = tar::Archive::new(MultiGzDecoder::new(self.layer.source.open()?));
        for entry in tar.entries()? {
            let mut entry = entry?;
            if *entry.path_bytes() == *self.path.as_bytes() {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                return Ok(Box::new(Cursor::new(bytes)));
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, format!("`{}` is not there", self.origin())))
    }

    fn origin(&self) -> String {
        self.layer.origin(&self.path)
    }
}
