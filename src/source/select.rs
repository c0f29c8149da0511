//! Which image of an index: by tag, then by platform.

use super::error::{DEPTH, SourceError};
use super::image_ref::ImageName;
use crate::arch::Arch;
use crate::image::{Descriptor, IndexEntry, parse_index};
use crate::redact;

/// The most entries of an index that a message lists.
const LISTED: usize = 20;

/// Follows indexes to one image manifest.
///
/// Without `arch`, there must be one image and no index.
///
/// `fetch` reads a small blob and verifies it.
pub fn select(
    name: &ImageName,
    entries: Vec<IndexEntry>,
    tag: Option<&str>,
    arch: Option<Arch>,
    fetch: impl Fn(&Descriptor) -> Result<Vec<u8>, SourceError>,
) -> Result<Descriptor, SourceError> {
    let mut candidates = named(name, entries, tag)?;
    for _ in 0..DEPTH {
        let found = found(&candidates);
        // Attestations are marked with a platform of their own and fall out with the foreign ones.
        if let Some(arch) = arch
            && candidates.len() > 1
        {
            candidates.retain(|entry| match &entry.platform {
                Some((os, architecture)) => os == "linux" && architecture == arch.oci(),
                None => true,
            });
        }
        let entry = match candidates.as_slice() {
            [entry] => entry.clone(),
            [] => {
                let wanted = arch.map_or("at all".to_owned(), wanted);
                return Err(SourceError::NoMatch { image: name.clone(), wanted, found });
            }
            _ => return Err(SourceError::Ambiguous { image: name.clone(), found }),
        };
        if !entry.is_index() {
            return Ok(entry.descriptor);
        }
        let bytes = fetch(&entry.descriptor)?;
        candidates =
            parse_index(&bytes).map_err(|source| SourceError::Manifest { image: name.clone(), source })?;
        let Some(arch) = arch else {
            return Err(SourceError::Index { image: name.clone(), found: platforms(&candidates) });
        };
        // One foreign image in an index is not the one asked for.
        if let [only] = candidates.as_slice()
            && only.platform.as_ref().is_some_and(|(_, architecture)| architecture != arch.oci())
        {
            let (wanted, found) = (wanted(arch), self::found(&candidates));
            return Err(SourceError::NoMatch { image: name.clone(), wanted, found });
        }
    }
    Err(SourceError::Nested { image: name.clone() })
}

/// The entries of that tag; all where none is asked for.
pub fn named(
    name: &ImageName,
    mut entries: Vec<IndexEntry>,
    tag: Option<&str>,
) -> Result<Vec<IndexEntry>, SourceError> {
    if let Some(tag) = tag {
        let found = found(&entries);
        entries.retain(|entry| entry.tag.as_deref() == Some(tag));
        if entries.is_empty() {
            let wanted = format!("tagged `{tag}`");
            return Err(SourceError::NoMatch { image: name.clone(), wanted, found });
        }
    }
    Ok(entries)
}

/// Tags, else platforms, for messages.
pub fn found(entries: &[IndexEntry]) -> String {
    let all = entries.iter().map(|entry| match &entry.tag {
        Some(tag) => format!("`{}`", redact::text(tag, 128)),
        None => platform(entry),
    });
    list(all)
}

/// The platforms of an index, for messages.
pub fn platforms(entries: &[IndexEntry]) -> String {
    list(entries.iter().map(platform))
}

fn list(mut all: impl ExactSizeIterator<Item = String>) -> String {
    let mut listed: Vec<String> = all.by_ref().take(LISTED).collect();
    if all.len() > 0 {
        listed.push(format!("{} more", all.len()));
    }
    if listed.is_empty() { "none".to_owned() } else { listed.join(", ") }
}

fn wanted(arch: Arch) -> String {
    format!("for linux/{}", arch.oci())
}

fn platform(entry: &IndexEntry) -> String {
    match &entry.platform {
        Some((os, architecture)) => redact::text(&format!("{os}/{architecture}"), 60),
        None => "one without tag and platform".to_owned(),
    }
}
