//! Reads an image from a registry. Manifest and configuration are read through the cache. Layers are fetched when their
//! bytes are needed.
//!
//! An image with a digest in its reference is looked up in the cache first. A pinned base that is cached therefore
//! needs no request.

use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use super::compress::compress_bare_layers;
use super::env::SourceEnv;
use super::error::SourceError;
use super::image_ref::ImageName;
use super::place::Place;
use super::remote_blob::{NEVER, RemoteBlob, is_not_cached};
use super::select::{platforms, select};
use super::stored::{StoredImage, descend};
use crate::arch::Arch;
use crate::context::Context;
use crate::digest::Digest;
use crate::image::{BlobSource, Descriptor, Image, IndexEntry, Manifest, ManifestError, parse_index};
use crate::media_type::is_index;
use crate::reference::Reference;
use crate::registry::{self, Copies, MANIFEST_LIMIT};
use crate::store::cache::FetchError;
use crate::work::{Run, abandonable};

/// Loads the image of `reference` for `arch`; `pin` is the digest of its manifest, where it is known.
///
/// # Errors
/// [`SourceError`], naming the base.
pub fn load(
    name: &ImageName,
    reference: &Reference,
    pin: Option<Digest>,
    arch: Arch,
    at: &SourceEnv<'_>,
) -> Result<Image, SourceError> {
    let copies = at.context.base_copies.as_ref().filter(|_| pin.is_some());
    let remote = Remote { name, context: at.context, run: at.run, copies };
    let wanted = pin.map_or_else(|| reference.clone(), |digest| reference.with_digest(digest));
    let mut image = remote.image(&wanted, Some(arch))?;
    image.name = Some(reference.to_string());
    compress_bare_layers(name, &mut image, at)?;
    Ok(image)
}

/// The image of `reference` as it is.
///
/// # Errors
/// [`SourceError`], naming the image.
pub fn source(
    name: &ImageName,
    reference: &Reference,
    arch: Option<Arch>,
    at: &SourceEnv<'_>,
) -> Result<Image, SourceError> {
    Remote { name, context: at.context, run: at.run, copies: None }.image(reference, arch)
}

/// The image of `reference`, through an index if need be, as it is.
///
/// # Errors
/// [`SourceError`], naming the image.
pub fn find(
    name: &ImageName,
    reference: &Reference,
    arch: Arch,
    at: &SourceEnv<'_>,
) -> Result<StoredImage, SourceError> {
    let remote = Remote { name, context: at.context, run: at.run, copies: None };
    let fetch = |wanted: &Reference| -> Result<(Descriptor, Arc<[u8]>), SourceError> {
        let (bytes, digest) = remote.manifest(&remote.place(wanted), wanted)?;
        let size = bytes.len() as u64;
        Ok((Descriptor { media_type: String::new(), digest, size }, bytes.into()))
    };
    let (top, bytes) = fetch(reference)?;
    let child = |wanted: &Descriptor| Ok(fetch(&reference.with_digest(wanted.digest))?.1);
    let found = descend(name, top, bytes, arch, child)?;
    let pinned = reference.pin(found.descriptor.digest).reference();
    let place = remote.place(&pinned);
    let blob = |wanted: &Descriptor| -> Arc<dyn BlobSource> { Arc::new(remote.blob(&place, wanted)) };
    let stored = found.parts(Some(pinned.clone()), blob);
    match &stored.config {
        Err(why) => Err(SourceError::reading(name, io::Error::other(format!("its configuration: {why}")))),
        Ok(_) => Ok(stored),
    }
}

struct Remote<'a> {
    name: &'a ImageName,
    context: &'a Context,
    run: Run<'a>,
    /// Where copies of it may be.
    copies: Option<&'a Copies>,
}

impl Remote<'_> {
    fn image(&self, wanted: &Reference, arch: Option<Arch>) -> Result<Image, SourceError> {
        let malformed = |source| SourceError::Manifest { image: self.name.clone(), source };
        let mut place = self.place(wanted);
        let (mut bytes, mut digest) = self.manifest(&place, wanted)?;
        let index: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        // The type may be left out; a list of manifests is an index then.
        let named = index["mediaType"].as_str().map(is_index);
        if named.unwrap_or_else(|| index["manifests"].is_array()) {
            let entries = for_linux(parse_index(&bytes).map_err(malformed)?);
            if arch.is_none() {
                return Err(SourceError::Index { image: self.name.clone(), found: platforms(&entries) });
            }
            let fetch = |entry: &Descriptor| {
                let bytes = self.listed(wanted, entry)?.0;
                parse_index(&bytes).map(|_| bytes).map_err(malformed)
            };
            let entry = select(self.name, entries, None, arch, fetch)?;
            ((bytes, place), digest) = (self.listed(wanted, &entry)?, entry.digest);
        }
        let parsed = Manifest::parse(&bytes).map_err(malformed)?;
        if parsed.config.size > MANIFEST_LIMIT {
            return Err(malformed(ManifestError::LargeConfig(parsed.config.size)));
        }
        if wanted.digest().is_none() {
            place = self.place(&wanted.pin(digest).reference());
        }
        let blob = |wanted: &Descriptor| self.blob(&place, wanted);
        let config = self.config(blob(&parsed.config))?;
        Image::parse(bytes.into(), config.into(), |layer| Arc::new(blob(layer))).map_err(malformed)
    }

    /// The manifest that an entry of an index names, of the size that it states.
    fn listed(&self, index: &Reference, entry: &Descriptor) -> Result<(Vec<u8>, Arc<Place>), SourceError> {
        let wanted = index.with_digest(entry.digest);
        let place = self.place(&wanted);
        let bytes = self.manifest(&place, &wanted)?.0;
        let (image, digest, size, found) = (self.name.clone(), entry.digest, entry.size, bytes.len() as u64);
        if found == size {
            Ok((bytes, place))
        } else {
            Err(SourceError::Listed { image, digest, size, found })
        }
    }

    /// Where the image is.
    fn place(&self, image: &Reference) -> Arc<Place> {
        Arc::new(Place::new(image.clone(), self.copies))
    }

    /// A blob of the image at a place.
    fn blob(&self, place: &Arc<Place>, wanted: &Descriptor) -> RemoteBlob {
        RemoteBlob {
            context: self.context.clone(),
            place: Arc::clone(place),
            wanted: wanted.clone(),
            found: Mutex::default(),
        }
    }

    fn config(&self, blob: RemoteBlob) -> Result<Vec<u8>, SourceError> {
        let digest = blob.wanted.digest;
        let read = move || {
            let mut bytes = Vec::new();
            blob.open()?.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let image = self.name.clone();
        match abandonable("fetch", self.run.interrupted, read)? {
            Err(error) if is_not_cached(&error) => {
                Err(SourceError::Offline { image, missing: format!("configuration {digest}") })
            }
            read => read.map_err(|source| SourceError::Fetch { image, digest, source }),
        }
    }

    /// The manifest or index, and its digest: from the cache where it is named by a digest.
    fn manifest(&self, place: &Arc<Place>, wanted: &Reference) -> Result<(Vec<u8>, Digest), SourceError> {
        let cache = &self.context.cache;
        if let Some(digest) = wanted.digest()
            && let Some(bytes) = cache.document(digest)?
        {
            return Ok((bytes, digest));
        }
        if self.context.offline {
            let image = self.name.clone();
            return Err(match wanted.digest() {
                Some(digest) => SourceError::Offline { image, missing: format!("manifest {digest}") },
                None => SourceError::OfflineTag { image },
            });
        }
        let (image, context, place) = (self.name.clone(), self.context.clone(), Arc::clone(place));
        if let Some(digest) = wanted.digest() {
            // By one process, as blobs are; a tag is asked for by each, for it may have moved.
            let cache = cache.clone();
            let get = move || {
                let ask = || place.manifest(&context).map(|found| found.bytes).map_err(Missed::Registry);
                cache.document_or(digest, &NEVER, ask)
            };
            return match abandonable("fetch", self.run.interrupted, get)? {
                Ok(bytes) => Ok((bytes, digest)),
                Err(Missed::Registry(source)) => Err(SourceError::Registry { image, source }),
                Err(Missed::Cache(error)) => Err(SourceError::Fetch { image, digest, source: error.into() }),
            };
        }
        let found = abandonable("fetch", self.run.interrupted, move || place.manifest(&context))?;
        let found = found.map_err(|source| SourceError::Registry { image: image.clone(), source })?;
        let size = found.bytes.len() as u64;
        let rest = |offset: u64| {
            let rest = found.bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
            Ok(Box::new(io::Cursor::new(rest.to_vec())) as Box<dyn Read + Send>)
        };
        let digest = found.digest;
        let kept = cache.fetch(digest, size, &NEVER, &rest);
        kept.map_err(|error| SourceError::Fetch { image, digest, source: error.into() })?;
        Ok((found.bytes, digest))
    }
}

/// Why there is no manifest.
enum Missed {
    Cache(FetchError),
    Registry(registry::RegistryError),
}

impl From<FetchError> for Missed {
    fn from(error: FetchError) -> Self {
        Missed::Cache(error)
    }
}

/// The entries that are images for Linux, the first of each platform: attestations have a platform
/// of their own (BuildKit), and of two equal ones every client takes the first.
fn for_linux(mut entries: Vec<IndexEntry>) -> Vec<IndexEntry> {
    let mut seen = Vec::new();
    entries.retain(|entry| {
        let first = entry.platform.is_none() || !seen.contains(&entry.platform);
        seen.push(entry.platform.clone());
        let unknown = entry.platform.as_ref().is_some_and(|(os, _)| os == "unknown");
        first && !unknown
    });
    entries
}
