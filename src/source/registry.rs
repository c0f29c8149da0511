//! A base in a registry: manifest and configuration through the cache, layers only when their bytes
//! are wanted.
//!
//! What is named by a digest is looked for in the cache first, so that a pinned base asks nothing of
//! the network once it is there.

use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::find::{self, Raw};
use super::select::{platforms, select};
use super::{ImageRef, SourceError, Workplace, layout};
use crate::arch::Arch;
use crate::context::Context;
use crate::digest::Digest;
use crate::image::{BlobSource, Descriptor, Image, IndexEntry, Manifest, ManifestError, parse_index};
use crate::media_type::is_index;
use crate::progress::ProgressReader;
use crate::reference::Reference;
use crate::registry::{self, MANIFEST_LIMIT};
use crate::store::cache::{CachedBlob, FetchError};
use crate::work::{Run, abandonable, lock};

/// A fetch is not interrupted by a flag: its thread is abandoned.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Loads the image of `reference` for `arch`; `pin` is the digest of its manifest, where it is known.
///
/// # Errors
/// [`SourceError`], naming the base.
pub fn load(
    reference: &Reference,
    pin: Option<Digest>,
    arch: Arch,
    at: &Workplace<'_>,
) -> Result<Image, SourceError> {
    let base = ImageRef::Registry(reference.clone());
    let remote = Remote { base: &base, context: at.context, run: at.run };
    let wanted = pin.map_or_else(|| reference.clone(), |digest| reference.with_digest(digest));
    let mut image = remote.image(&wanted, Some(arch))?;
    image.name = Some(reference.to_string());
    layout::compress_bare_layers(&base, &mut image, at)?;
    Ok(image)
}

/// The image of `reference` as it is.
///
/// # Errors
/// [`SourceError`], naming the image.
pub fn source(reference: &Reference, arch: Option<Arch>, at: &Workplace<'_>) -> Result<Image, SourceError> {
    let base = ImageRef::Registry(reference.clone());
    Remote { base: &base, context: at.context, run: at.run }.image(reference, arch)
}

/// The image of `reference`, through an index if need be, as it is.
///
/// # Errors
/// [`SourceError`], naming the image.
pub fn raw(reference: &Reference, arch: Arch, at: &Workplace<'_>) -> Result<Raw, SourceError> {
    let base = ImageRef::Registry(reference.clone());
    let remote = Remote { base: &base, context: at.context, run: at.run };
    let fetch = |wanted: &Reference| -> Result<(Descriptor, Arc<[u8]>), SourceError> {
        let (bytes, digest) = remote.manifest(wanted)?;
        let size = bytes.len() as u64;
        Ok((Descriptor { media_type: String::new(), digest, size }, bytes.into()))
    };
    let (top, bytes) = fetch(reference)?;
    let child = |wanted: &Descriptor| Ok(fetch(&reference.with_digest(wanted.digest))?.1);
    let found = find::descend(&base, top, bytes, arch, child)?;
    let pinned = reference.pin(found.descriptor.digest).reference();
    let blob = |wanted: &Descriptor| -> Arc<dyn BlobSource> { Arc::new(remote.blob(&pinned, wanted)) };
    let raw = found.parts(Some(pinned.clone()), blob);
    match &raw.config {
        Err(why) => Err(crate::source::reading(&base, io::Error::other(format!("its configuration: {why}")))),
        Ok(_) => Ok(raw),
    }
}

/// Whether the error is the cache's lack of something that may not be fetched.
pub(super) fn is_not_cached(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotCached>())
}

struct Remote<'a> {
    base: &'a ImageRef,
    context: &'a Context,
    run: Run<'a>,
}

impl Remote<'_> {
    fn image(&self, wanted: &Reference, arch: Option<Arch>) -> Result<Image, SourceError> {
        let malformed = |source| SourceError::Manifest { base: self.base.to_string(), source };
        let (mut bytes, mut digest) = self.manifest(wanted)?;
        let index: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        // The type may be left out; a list of manifests is an index then.
        let named = index["mediaType"].as_str().map(is_index);
        if named.unwrap_or_else(|| index["manifests"].is_array()) {
            let entries = for_linux(parse_index(&bytes).map_err(malformed)?);
            if arch.is_none() {
                return Err(SourceError::Index { base: self.base.to_string(), found: platforms(&entries) });
            }
            let fetch = |entry: &Descriptor| {
                let bytes = self.listed(wanted, entry)?;
                parse_index(&bytes).map(|_| bytes).map_err(malformed)
            };
            let entry = select(self.base, entries, None, arch, fetch)?;
            (bytes, digest) = (self.listed(wanted, &entry)?, entry.digest);
        }
        let parsed = Manifest::parse(&bytes).map_err(malformed)?;
        if parsed.config.size > MANIFEST_LIMIT {
            return Err(malformed(ManifestError::LargeConfig(parsed.config.size)));
        }
        let source = wanted.pin(digest).reference();
        let blob = |wanted: &Descriptor| self.blob(&source, wanted);
        let config = self.config(blob(&parsed.config))?;
        Image::parse(bytes.into(), config.into(), |layer| Arc::new(blob(layer))).map_err(malformed)
    }

    /// The manifest that an entry of an index names, of the size that it states.
    fn listed(&self, index: &Reference, entry: &Descriptor) -> Result<Vec<u8>, SourceError> {
        let bytes = self.manifest(&index.with_digest(entry.digest))?.0;
        let (base, digest, size, found) =
            (self.base.to_string(), entry.digest, entry.size, bytes.len() as u64);
        if found == size { Ok(bytes) } else { Err(SourceError::Listed { base, digest, size, found }) }
    }

    /// A blob of the image `source`.
    fn blob(&self, source: &Reference, wanted: &Descriptor) -> RemoteBlob {
        RemoteBlob {
            context: self.context.clone(),
            reference: source.clone(),
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
        let base = self.base.to_string();
        match abandonable("fetch", self.run.interrupted, read)? {
            Err(error) if is_not_cached(&error) => {
                Err(SourceError::Offline { base, missing: format!("configuration {digest}") })
            }
            read => read.map_err(|source| SourceError::Fetch { base, digest, source }),
        }
    }

    /// The manifest or index, and its digest: from the cache where it is named by a digest.
    fn manifest(&self, wanted: &Reference) -> Result<(Vec<u8>, Digest), SourceError> {
        let cache = &self.context.cache;
        if let Some(digest) = wanted.digest()
            && let Some(bytes) = cache.document(digest)?
        {
            return Ok((bytes, digest));
        }
        if self.context.offline {
            let base = self.base.to_string();
            return Err(match wanted.digest() {
                Some(digest) => SourceError::Offline { base, missing: format!("manifest {digest}") },
                None => SourceError::OfflineTag { base },
            });
        }
        let (base, registries, asked) =
            (self.base.to_string(), self.context.registries.clone(), wanted.clone());
        if let Some(digest) = wanted.digest() {
            // By one process, as blobs are; a tag is asked for by each, for it may have moved.
            let cache = cache.clone();
            let get = move || {
                let ask = || registries.manifest(&asked).map(|found| found.bytes).map_err(Missed::Registry);
                cache.document_or(digest, &NEVER, ask)
            };
            return match abandonable("fetch", self.run.interrupted, get)? {
                Ok(bytes) => Ok((bytes, digest)),
                Err(Missed::Registry(source)) => Err(SourceError::Registry { base, source }),
                Err(Missed::Cache(error)) => Err(SourceError::Fetch { base, digest, source: error.into() }),
            };
        }
        let found = abandonable("fetch", self.run.interrupted, move || registries.manifest(&asked))?;
        let found = found.map_err(|source| SourceError::Registry { base: base.clone(), source })?;
        let size = found.bytes.len() as u64;
        let rest = |offset: u64| {
            let rest = found.bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
            Ok(Box::new(io::Cursor::new(rest.to_vec())) as Box<dyn Read + Send>)
        };
        let digest = found.digest;
        let kept = cache.fetch(digest, size, &NEVER, &rest);
        kept.map_err(|error| SourceError::Fetch { base, digest, source: error.into() })?;
        Ok((found.bytes, digest))
    }
}

/// Why there is no manifest.
enum Missed {
    Cache(FetchError),
    Registry(registry::Error),
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

/// A blob of a registry that is read through the cache.
struct RemoteBlob {
    context: Context,
    /// The image that it belongs to, by its digest.
    reference: Reference,
    wanted: Descriptor,
    /// Verified, and held open from its first use on.
    found: Mutex<Option<CachedBlob>>,
}

/// What the cache lacks while nothing may be fetched.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not in the cache, and nothing may be fetched")]
struct NotCached(Digest);

impl RemoteBlob {
    fn cached(&self) -> Result<Option<CachedBlob>, FetchError> {
        let mut found = lock(&self.found);
        if found.is_none() {
            *found = self.context.cache.open(self.wanted.digest, self.wanted.size)?;
        }
        Ok(found.clone())
    }

    fn fetch(&self) -> Result<CachedBlob, FetchError> {
        if let Some(blob) = self.cached()? {
            return Ok(blob);
        }
        let Descriptor { digest, size, .. } = self.wanted;
        let Context { cache, registries, offline, progress, .. } = &self.context;
        if *offline {
            let source = io::Error::new(io::ErrorKind::NotFound, NotCached(digest));
            return Err(FetchError::Source { digest, source });
        }
        let open = |offset: u64| -> io::Result<Box<dyn Read + Send>> {
            progress.fetching(digest, size, offset);
            let rest =
                registries.blob_from(&self.reference, digest, size, offset).map_err(io::Error::other)?;
            Ok(Box::new(ProgressReader::new(rest, digest, Arc::clone(progress))))
        };
        let fetched = cache.fetch(digest, size, &NEVER, &open);
        progress.fetched(digest);
        let blob = fetched?;
        *lock(&self.found) = Some(blob.clone());
        Ok(blob)
    }
}

impl BlobSource for RemoteBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self.fetch() {
            Ok(blob) => blob.open(),
            // The words of the source are enough: the caller names the blob.
            Err(FetchError::Source { source, .. }) => Err(source),
            Err(error) => Err(error.into()),
        }
    }

    fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        if let Some(blob) = self.cached()? {
            return blob.open();
        }
        if self.context.offline {
            return self.open();
        }
        let Descriptor { digest, size, .. } = self.wanted;
        let reader = self.context.registries.blob(&self.reference, digest, size);
        Ok(Box::new(reader.map_err(|error: registry::Error| io::Error::other(error))?))
    }

    fn mount_from(&self) -> Option<&Reference> {
        Some(&self.reference)
    }
}
