//! The index of a layout: its images and their tags.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::super::error::PublishError;
use super::super::item::{Item, TAG_ANNOTATION, tagged};
use crate::json;
use crate::media_type::OCI_INDEX;
use crate::store::DOCUMENT_MAX;

/// As many entries are looked for in the text of an index, without parsing it.
const FEW: usize = 4;

/// An index with new entries.
pub struct Merged {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// All of its entries.
    pub entries: Vec<Value>,
    /// The entries whose place the new ones took.
    pub replaced: Vec<Value>,
}

/// The index with `entries` in the place of those of the same tags, and all else as it was. `None` where it has
/// them already.
///
/// # Errors
/// [`PublishError::Index`], and [`PublishError::Full`] if the index would be too large to read.
pub fn merge(path: &Path, old: &[u8], entries: &[Value]) -> Result<Option<Merged>, PublishError> {
    // Of few, a look at the text says it sooner.
    if entries.len() <= FEW && entries.iter().all(|entry| contains(old, entry)) {
        return Ok(None);
    }
    let malformed = |source| PublishError::Index { path: path.to_owned(), source };
    let mut index: Value = serde_json::from_slice(old).map_err(malformed)?;
    let tag = |entry: &Value| entry["annotations"][TAG_ANNOTATION].as_str().map(str::to_owned);
    let all = index["manifests"].as_array().cloned().unwrap_or_default();
    let mut known: BTreeMap<_, Vec<_>> = BTreeMap::new();
    all.iter().for_each(|entry| known.entry(tag(entry)).or_default().push(entry));
    let is_there =
        |entry: &Value| matches!(known.get(&tag(entry)).map(Vec::as_slice), Some([one]) if *one == entry);
    let entries: Vec<_> = entries.iter().filter(|entry| !is_there(entry)).cloned().collect();
    if entries.is_empty() && index.is_object() {
        return Ok(None);
    }
    let new: BTreeSet<_> = entries.iter().map(tag).collect();
    let (replaced, mut all): (Vec<_>, Vec<_>) = all.into_iter().partition(|entry| new.contains(&tag(entry)));
    all.extend(entries);
    if !index.is_object() {
        let not_an_object = serde::de::Error::custom("the index is not an object");
        return Err(malformed(not_an_object));
    }
    index["manifests"] = Value::Array(all.clone());
    let bytes = json::to_bytes(&index);
    if bytes.len() as u64 > DOCUMENT_MAX {
        return Err(PublishError::Full { path: path.to_owned(), size: bytes.len() as u64 });
    }
    Ok(Some(Merged { bytes, entries: all, replaced }))
}

/// Whether an index has exactly this entry, and no other with its tag, so that there is nothing to do.
fn contains(index: &[u8], entry: &Value) -> bool {
    let text = |value: &Value| String::from_utf8(json::to_bytes(value)).unwrap_or_default();
    let tag = format!("\"{TAG_ANNOTATION}\":{}", text(&entry["annotations"][TAG_ANNOTATION]));
    std::str::from_utf8(index)
        .is_ok_and(|index| index.contains(&text(entry)) && index.matches(&tag).nth(1).is_none())
}

/// A whole index of `entries`.
pub fn index(entries: &[Value]) -> Vec<u8> {
    json::to_bytes(&json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries }))
}

/// The entry of an image in a layout's index.
pub fn index_entry(item: &Item<'_>, tag: &str) -> Value {
    let mut entry = item.image.descriptor().to_json();
    let (os, architecture) = item.image.config.platform();
    entry["platform"] = json!({ "os": os, "architecture": architecture });
    entry["annotations"] = json!({ TAG_ANNOTATION: tagged(tag, item.suffix) });
    entry
}
