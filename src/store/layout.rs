//! OCI image layouts on disk (OCI image specification, "image layout").

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{DOCUMENT_MAX, FileError, regular_file};
use crate::digest::Digest;
use crate::tree::FileStamp;
use crate::tree::file_facts::{Facts, Question};

/// Content of the file `oci-layout`.
pub const MARKER: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Name of the marker file of a layout.
pub const MARKER_NAME: &str = "oci-layout";

/// Name of the index of a layout.
pub const INDEX_NAME: &str = "index.json";

/// The path of a blob inside a layout.
pub fn blob_name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// Whether `dir` is an image layout.
pub fn is_layout(dir: &Path) -> bool {
    dir.join(MARKER_NAME).is_file() && dir.join(INDEX_NAME).is_file()
}

/// Keeps other processes of this tool from removing blobs of the layout in `dir`, until the file is closed:
/// those that nothing refers to any more, too. `None` where that cannot be had.
pub fn hold(dir: &Path) -> Option<Arc<File>> {
    let marker = regular_file::open(&dir.join(MARKER_NAME)).ok()?;
    marker.try_lock_shared().ok()?;
    Some(Arc::new(marker))
}

/// A small file of a layout, whole.
///
/// # Errors
/// [`FileError`] of the host, and where the file is larger than 4 MiB.
pub fn document(path: PathBuf) -> Result<Vec<u8>, FileError> {
    let read = || {
        let mut bytes = Vec::new();
        regular_file::open(&path)?.take(DOCUMENT_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(FileError::of("read", &path))?;
    if bytes.len() as u64 > DOCUMENT_MAX {
        let error = io::Error::other(format!("more than {DOCUMENT_MAX} bytes are too many for it"));
        return Err(FileError::of("read", path)(error));
    }
    Ok(bytes)
}

/// Whether the layout in `dir` has the blob in full. Its bytes are hashed, or were when the file
/// was as it is now: a blob that a broken disk or a killed copy left under the right name does not count.
///
/// # Errors
/// [`FileError`] of the host.
pub fn has_blob(dir: &Path, digest: Digest, size: u64, facts: &Facts) -> Result<bool, FileError> {
    let path = dir.join(blob_name(digest));
    let stamp = match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() && metadata.len() == size => FileStamp::of(&metadata),
        _ => return Ok(false),
    };
    if facts.is_hashed(&path) {
        return Ok(true);
    }
    let hash = || Ok(*regular_file::open(&path).and_then(Digest::of_reader)?.0.as_bytes());
    let found = facts.get_or(&stamp, Question::Blob(0), hash).map_err(FileError::of("read", &path))?;
    let whole = Digest::from_bytes(found) == digest;
    if whole {
        facts.hashed(path);
    }
    Ok(whole)
}
