//! Layers and the blobs behind them.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::digest::{Digest, VerifyReader};
use crate::reference::Reference;
use crate::tree::FileStamp;

/// What points to a blob: OCI image specification, "Descriptor". Annotations of descriptors are not
/// read: nothing here has a use for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Its media type.
    pub media_type: String,
    /// Digest of its bytes as stored.
    pub digest: Digest,
    /// Size of its bytes as stored.
    pub size: u64,
}

impl Descriptor {
    /// The descriptor as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest.to_string(), "size": self.size })
    }
}

/// Where the bytes of a blob can be read, as often as needed.
pub trait BlobSource: Send + Sync {
    /// Opens the bytes as stored. Not verified: [`Layer::open`] does that.
    ///
    /// # Errors
    /// What the place says, naming it.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// The same bytes for who reads them once and keeps none: a blob of a registry comes from there
    /// without touching the disk, where [`BlobSource::open`] may keep it for the next time.
    ///
    /// # Errors
    /// As [`BlobSource::open`].
    fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        self.open()
    }

    /// Makes sure that there are as many bytes as the layer says, where only another machine says so: a push
    /// that finds or mounts the blob does not read it.
    ///
    /// # Errors
    /// There are not, or that cannot be found out.
    fn prove_size(&self) -> io::Result<()> {
        Ok(())
    }

    /// A repository that has the blob: a push to the same registry mounts it from there.
    fn mount_from(&self) -> Option<&Reference> {
        None
    }

    /// The file of the host that holds the bytes, as it is now, and where in it they begin.
    fn stamp(&self) -> Option<(FileStamp, u64)> {
        None
    }

    /// The bytes as a file of the host that does not change any more, and that was verified, if they are one: who
    /// copies it need not verify them again, and the host may let both share their blocks.
    ///
    /// # Errors
    /// What the place says of its own bytes.
    fn file(&self) -> io::Result<Option<File>> {
        Ok(None)
    }

    /// Gives that file one more name, for the output at `output`; `false` where it must be copied. No two outputs get
    /// one file, nor does an output share one with the cache: what is written to one of them changes nothing else.
    fn link(&self, _to: &Path, _output: &Path) -> bool {
        false
    }
}

/// A blob in memory.
pub struct BytesBlob(pub Arc<[u8]>);

impl BlobSource for BytesBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(Arc::clone(&self.0))))
    }
}

/// One layer of an image.
#[derive(Clone)]
pub struct Layer {
    /// The compressed blob.
    pub descriptor: Descriptor,
    /// Digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Size of the uncompressed tar in bytes, where the bytes were read.
    pub tar_size: Option<u64>,
    /// Where the blob's bytes are.
    pub source: Arc<dyn BlobSource>,
}

impl Layer {
    /// Opens the compressed bytes; reading them to the end fails where they are not what the
    /// descriptor says.
    ///
    /// # Errors
    /// Those of the source.
    pub fn open(&self) -> io::Result<VerifyReader<Box<dyn Read + Send>>> {
        Ok(VerifyReader::new(self.source.open()?, self.descriptor.digest, self.descriptor.size))
    }
}
