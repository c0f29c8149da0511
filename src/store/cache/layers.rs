//! Packed layers in the cache: the layer of each tree, and facts about files.
//!
//! ```text
//! layers/<shape>/<name>   digests and sizes of the layer that a tree becomes
//! unpacked/<digest>       diff_id and size of a layer's tar
//! facts/<key of a path>   facts about files below a path, by their stamps
//! ```
//!
//! Every file has a checksum over its kind, its name and its bytes. The bytes of layers are in `blobs/`, and are verified by
//! digest or [block by block](super::segments). A corrupt file counts as missing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checksummed::Title;
use super::{Cache, FileError, where_possible};
use crate::digest::Digest;
use crate::image::BlobSource;
use crate::key::Key;
use crate::pack::{LayerKey, PackResult, Packed, TreeShape};
use crate::tree::FileStamp;
use crate::tree::file_facts::{Facts, Question};

/// Bytes of one fact: stamp, question, answer.
const FACT: usize = FileStamp::SIZE + 18 + 32;

impl Cache {
    /// Whether a layer of this shape was made before: without, its name need not be found out.
    pub fn has_shape(&self, shape: TreeShape) -> bool {
        fs::read_dir(self.shape_path(shape)).is_ok_and(|mut records| records.next().is_some())
    }

    /// What the tree of this name became.
    pub fn layer(&self, name: &LayerKey) -> Option<Packed> {
        let title = layer(name);
        let packed = packed_of(&self.record(&title)?)?;
        self.mark_used(&title);
        Some(packed)
    }

    /// Remembers what a tree became, and a copy of its `bytes`, where there are any. Nothing where the cache
    /// cannot be written to.
    pub fn keep_layer(&self, shape: TreeShape, packing: &PackResult, bytes: Option<&dyn BlobSource>) {
        where_possible(|| self.try_keep_layer(shape, packing, bytes));
    }

    fn try_keep_layer(
        &self,
        shape: TreeShape,
        packing: &PackResult,
        bytes: Option<&dyn BlobSource>,
    ) -> Result<(), FileError> {
        self.create_dirs()?;
        let packed = &packing.packed;
        if let Some(bytes) = bytes {
            self.take(bytes, packed.digest)?;
        }
        let name = shape.with(packing.contents.iter().copied());
        self.keep_record(&layer(&name), &packed_to_bytes(packed))
    }

    /// Takes a blob that this build made into the cache.
    fn take(&self, bytes: &dyn BlobSource, digest: Digest) -> Result<(), FileError> {
        let path = self.blob_path(digest);
        let dir = self.root.join("partial");
        // Under a name of its own first, which goes where it does not become whole; never a name of the same file.
        let copy = || {
            let mut fresh =
                tempfile::Builder::new().prefix(&format!("{}.", digest.hex())).tempfile_in(&dir)?;
            // Only to keep `sweep` away.
            let _ = fresh.as_file().try_lock();
            match bytes.file()? {
                Some(mut file) => io::copy(&mut file, fresh.as_file_mut())?,
                None => io::copy(&mut bytes.open()?, &mut fresh)?,
            };
            fresh.persist(&path)?;
            Ok(())
        };
        copy().map_err(FileError::of("write", path.clone()))
    }

    /// What a layer unpacks to, if it was unpacked before: diff_id, and size in bytes.
    pub fn unpacked(&self, digest: Digest) -> Option<(Digest, u64)> {
        let bytes = self.record(&Title::new("unpacked", digest.hex()))?;
        let (diff_id, size) = bytes.split_first_chunk()?;
        Some((Digest::from_bytes(*diff_id), u64::from_le_bytes(size.try_into().ok()?)))
    }

    /// Remembers what a layer unpacks to, where the cache can be written to.
    pub fn keep_unpacked(&self, digest: Digest, (diff_id, size): (Digest, u64)) {
        let bytes = [&diff_id.as_bytes()[..], &size.to_le_bytes()].concat();
        where_possible(|| self.keep_record(&Title::new("unpacked", digest.hex()), &bytes));
    }

    /// What earlier builds found out of files below `root`, for a build that began at `began`,
    /// nanoseconds since 1970.
    pub fn facts(&self, root: &Path, began: i64) -> Facts {
        let bytes = self.record(&facts_of(root)).unwrap_or_default();
        let facts = bytes.as_chunks::<FACT>().0.iter().filter_map(|bytes| {
            let (stamp, rest) = bytes.split_first_chunk()?;
            let (ask, fact) = rest.split_first_chunk()?;
            Some((FileStamp::from_bytes(stamp), Question::from_bytes(ask)?, fact.try_into().ok()?))
        });
        Facts::new(facts, began)
    }

    /// Keeps what a build of `root` learned, where the cache can be written to.
    pub fn keep_facts(&self, root: &Path, facts: &Facts) {
        let Some(all) = facts.to_keep() else { return };
        let mut bytes = Vec::with_capacity(all.len() * FACT);
        for (stamp, ask, fact) in &all {
            bytes.extend_from_slice(&stamp.to_bytes());
            bytes.extend_from_slice(&ask.to_bytes());
            bytes.extend_from_slice(fact);
        }
        where_possible(|| self.keep_record(&facts_of(root), &bytes));
    }

    fn shape_path(&self, shape: TreeShape) -> PathBuf {
        self.root.join("layers").join(shape.key().to_string())
    }
}

/// The record of the layer of that name.
fn layer(name: &LayerKey) -> Title {
    Title::new("layers", format_args!("{}/{}", name.shape.key(), name.whole))
}

/// The record of what is known of files below `root`.
fn facts_of(root: &Path) -> Title {
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    Title::new("facts", Key::of(root.as_os_str().as_encoded_bytes()))
}

fn packed_to_bytes(packed: &Packed) -> Vec<u8> {
    let sizes = [packed.size.to_le_bytes(), packed.tar_size.to_le_bytes()].concat();
    [&packed.digest.as_bytes()[..], packed.diff_id.as_bytes(), &sizes].concat()
}

fn packed_of(bytes: &[u8]) -> Option<Packed> {
    let (digest, rest) = bytes.split_first_chunk()?;
    let (diff_id, rest) = rest.split_first_chunk()?;
    let (size, tar_size) = rest.split_first_chunk()?;
    Some(Packed {
        digest: Digest::from_bytes(*digest),
        size: u64::from_le_bytes(*size),
        diff_id: Digest::from_bytes(*diff_id),
        tar_size: u64::from_le_bytes(tar_size.try_into().ok()?),
    })
}
