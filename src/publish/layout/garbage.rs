//! Removes blobs of a layout that are no longer referenced.
//!
//! Only images of this tool are removed: the image whose tag moved, and images that a killed build did not remove. A
//! blob that any entry of the index reaches stays, tagged or not, even through nested indexes. A blob that is newer
//! than the start of this build stays too, because another program may be about to reference it. Media types do not
//! show which documents reference blobs, so every JSON document is examined. If a document cannot be read, or a
//! digest has an unknown algorithm, nothing is removed.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::digest::Digest;
use crate::image::FORMAT_ANNOTATION;
use crate::store::DOCUMENT_MAX;
use crate::store::layout::blob_name;
use crate::store::regular_file;
use crate::work::lock;

/// Nanoseconds for which an image stays that no entry refers to and no tag of ours moved from: a day.
const FORGOTTEN: i64 = 24 * 60 * 60 * 1_000_000_000;

/// What a blob says.
#[derive(Default)]
struct Document {
    /// Whether this tool made the image.
    ours: bool,
    /// The blobs that it names.
    names: Names,
}

/// Blobs that a document names.
#[derive(Default)]
struct Names {
    /// Each with whether its media type says that it is a document; in doubt it is one.
    all: Vec<(Digest, bool)>,
    /// Whether it names others by digests that cannot be read here, as those of SHA-512.
    unknown: bool,
}

/// Documents by their digests, which say all of them: a fleet looks at the same ones once for each of its functions.
static READ: LazyLock<Mutex<HashMap<Digest, Arc<Document>>>> = LazyLock::new(Mutex::default);

/// Removes what `replaced`, entries that the index had, left behind, if no entry of `entries` reaches it. `began` is
/// when the build began, in nanoseconds since 1970. What cannot be removed stays: the image is published.
pub fn remove(dir: &Path, replaced: &[Value], entries: &[Value], began: i64) {
    // An image of another tool stays whole, though its tag moved in the same step.
    let is_foreign = |entry: &&Value| {
        !digest_of(entry).is_some_and(|digest| read(dir, digest, true).is_ok_and(|image| image.ours))
    };
    let Ok(live) = reached(dir, entries.iter().chain(replaced.iter().filter(is_foreign))) else { return };
    let moved = replaced.iter().filter_map(digest_of).map(|digest| (digest, began));
    let left = forgotten(dir, &live, began.saturating_sub(FORGOTTEN));
    for (manifest, before) in moved.chain(left) {
        if !live.contains(&manifest) && is_older(dir, manifest, before) {
            remove_image(dir, manifest, &live, before);
        }
    }
}

/// Removes an image of this tool, and what only it refers to: its manifest last, by which the rest is found.
fn remove_image(dir: &Path, manifest: Digest, live: &BTreeSet<Digest>, before: i64) {
    let Ok(document) = read(dir, manifest, true) else { return };
    if !document.ours {
        return;
    }
    let blobs = document.names.all.iter().map(|(digest, _)| *digest);
    for digest in blobs.chain([manifest]).filter(|digest| !live.contains(digest)) {
        if is_older(dir, digest, before) && fs::remove_file(dir.join(blob_name(digest))).is_err() {
            return;
        }
    }
}

/// Every blob that entries of an index reach.
fn reached<'e>(dir: &Path, entries: impl Iterator<Item = &'e Value>) -> io::Result<BTreeSet<Digest>> {
    let mut ahead = Names::default();
    entries.for_each(|entry| ahead.add(entry));
    // What one names as a document another may name as something else.
    let mut seen = BTreeSet::new();
    while let Some((digest, is_document)) = ahead.all.pop() {
        if !seen.insert((digest, is_document)) {
            continue;
        }
        match read(dir, digest, is_document) {
            Ok(document) => {
                ahead.all.extend_from_slice(&document.names.all);
                ahead.unknown |= document.names.unknown;
            }
            // An image of an index that was left out here: nothing of it can be reached.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if ahead.unknown {
        return Err(io::Error::other("some digests are not of SHA-256"));
    }
    Ok(seen.into_iter().map(|(digest, _)| digest).collect())
}

/// Manifests of this tool that no entry reaches and that did not change since `before`.
fn forgotten(dir: &Path, live: &BTreeSet<Digest>, before: i64) -> Vec<(Digest, i64)> {
    let listed = fs::read_dir(dir.join("blobs/sha256")).into_iter().flatten().flatten();
    let digest = |name: &str| format!("sha256:{name}").parse::<Digest>().ok();
    let unreached =
        listed.filter_map(|entry| digest(entry.file_name().to_str()?)).filter(|one| !live.contains(one));
    let small = |digest: &Digest| {
        fs::symlink_metadata(dir.join(blob_name(*digest))).is_ok_and(|file| file.len() <= DOCUMENT_MAX)
    };
    let old = unreached.filter(|digest| small(digest) && is_older(dir, *digest, before));
    old.filter(|digest| read(dir, *digest, true).is_ok_and(|read| read.ours))
        .map(|digest| (digest, before))
        .collect()
}

/// Whether a blob is a file that came and last changed before that moment, in nanoseconds since 1970.
fn is_older(dir: &Path, digest: Digest, before: i64) -> bool {
    fs::symlink_metadata(dir.join(blob_name(digest))).is_ok_and(|file| {
        let last = (file.mtime(), file.mtime_nsec()).max((file.ctime(), file.ctime_nsec()));
        file.is_file() && last.0.saturating_mul(1_000_000_000).saturating_add(last.1) < before
    })
}

/// A blob of the layout, verified where it is JSON. Unless it `is_document`, it may be something else, and then names
/// nothing.
fn read(dir: &Path, digest: Digest, is_document: bool) -> io::Result<Arc<Document>> {
    let known = || lock(&READ);
    // One that went is not there, whatever is known of it.
    let file = regular_file::open(&dir.join(blob_name(digest)))?;
    if let Some(document) = known().get(&digest) {
        return Ok(Arc::clone(document));
    }
    let mut file = BufReader::new(file);
    if !is_document && (file.get_ref().metadata()?.len() > DOCUMENT_MAX || !may_be_object(file.fill_buf()?)) {
        return Ok(Arc::default());
    }
    let mut bytes = Vec::new();
    file.take(DOCUMENT_MAX + 1).read_to_end(&mut bytes)?;
    if Digest::of(&bytes) != digest {
        return Err(io::Error::other("the blob is not what its name says"));
    }
    let value: Value = match serde_json::from_slice(&bytes) {
        Err(_) if !is_document => return Ok(Arc::default()),
        value => value?,
    };
    let mut document =
        Document { ours: value["annotations"][FORMAT_ANNOTATION].is_string(), names: Names::default() };
    document.names.add(&value);
    let document = Arc::new(document);
    known().insert(digest, Arc::clone(&document));
    Ok(document)
}

/// Whether a file that begins so can be an object of JSON.
fn may_be_object(start: &[u8]) -> bool {
    start.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| *byte == b'{')
}

impl Names {
    /// Every blob that a JSON value names, wherever a descriptor stands in it, and in what a descriptor holds itself
    /// (OCI image specification, "Descriptors": `data`).
    fn add(&mut self, value: &Value) {
        if let Some(text) = value["digest"].as_str() {
            let kind = value["mediaType"].as_str();
            let is_document = kind.is_none_or(|kind| kind.contains("manifest") || kind.contains("index"));
            match text.parse() {
                Ok(digest) => self.all.push((digest, is_document)),
                Err(_) => self.unknown = true,
            }
            let held = value["data"].as_str().and_then(|data| STANDARD.decode(data).ok());
            if let Some(held) = held.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
                self.add(&held);
            }
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.add(value)),
            Value::Object(values) => values.values().for_each(|value| self.add(value)),
            _ => {}
        }
    }
}

fn digest_of(value: &Value) -> Option<Digest> {
    value["digest"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A blob of a layout, and its digest.
    fn blob(dir: &Path, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        fs::write(dir.join(blob_name(digest)), bytes).unwrap();
        digest
    }

    fn manifest(dir: &Path, layers: &[Digest], ours: bool) -> Digest {
        let layer = |digest: &Digest| json!({ "mediaType": "layer", "digest": digest.to_string() });
        let layers: Vec<_> = layers.iter().map(layer).collect();
        let annotations = if ours { json!({ FORMAT_ANNOTATION: "1" }) } else { json!({}) };
        blob(dir, json!({ "layers": layers, "annotations": annotations }).to_string().as_bytes())
    }

    #[test]
    fn what_a_killed_build_left_goes_after_a_day_and_what_is_shared_or_foreign_stays() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        fs::create_dir_all(dir.join("blobs/sha256")).unwrap();
        let [base, old, new, theirs] =
            ["base", "old", "new", "theirs"].map(|text| blob(dir, text.as_bytes()));
        let left = manifest(dir, &[base, old], true);
        let foreign = manifest(dir, &[base, theirs], false);
        let live = manifest(dir, &[base, new], true);
        let entries = [json!({ "digest": live.to_string(), "mediaType": "manifest" })];
        let there = |digest: &Digest| dir.join(blob_name(*digest)).exists();
        let now = fs::metadata(dir.join(blob_name(live))).unwrap().ctime() * 1_000_000_000;
        // An hour later, another program may still be about to list it.
        remove(dir, &[], &entries, now + FORGOTTEN / 24);
        assert!([base, old, new, theirs, left, foreign, live].iter().all(there));
        remove(dir, &[], &entries, now + 2 * FORGOTTEN);
        assert!([base, new, theirs, foreign, live].iter().all(there));
        assert!(!there(&old) && !there(&left));
    }
}
