//! Downloads blobs: verifies them while they are read, and continues after a broken connection.

use std::io::{self, Read};
use std::sync::Arc;

use reqwest::header::RANGE;

use super::auth::{Scope, Session};
use super::error::RegistryError;
use super::pushed::Blob;
use super::registries::Registries;
use crate::digest::{Digest, VerifyReader};
use crate::http::{Backoff, HeaderValue, Method, Request, Url};
use crate::image::BlobSource;
use crate::progress::Meter;
use crate::redact;
use crate::reference::Reference;

/// The bytes after which a download gets its full number of retries again. A server that breaks off after every byte
/// does not reach it.
const PROGRESS: u64 = 1024 * 1024;

impl Registries {
    /// The bytes of a blob of `reference`'s repository, verified as they pass and fetched on from
    /// where a connection broke.
    ///
    /// # Errors
    /// Where the registry does not start to send it; later faults are errors of reading.
    pub fn blob(
        &self,
        reference: &Reference,
        digest: Digest,
        size: u64,
    ) -> Result<BlobReader, RegistryError> {
        Ok(BlobReader(VerifyReader::new(self.download(reference, digest, size, 0)?, digest, size)))
    }

    /// The bytes of a blob from `offset` on, for who has those before. Not verified: who has the
    /// others has to put them together.
    ///
    /// # Errors
    /// As [`Registries::blob`].
    pub fn blob_from(
        &self,
        reference: &Reference,
        digest: Digest,
        size: u64,
        offset: u64,
    ) -> Result<impl Read + Send + use<>, RegistryError> {
        self.download(reference, digest, size, offset)
    }

    /// The size of a blob of `reference`'s repository, as the registry states it when it is asked for the first byte; `None`
    /// where it states none. Who may read the blob may ask this: at ECR, `HEAD` needs another permission.
    ///
    /// # Errors
    /// The registry does not have it, or does not answer.
    pub fn blob_size(&self, reference: &Reference, digest: Digest) -> Result<Option<u64>, RegistryError> {
        let place = self.reading(reference);
        let session = self.session(&place);
        let scope = Scope::pull(&place.repository);
        let ask = || {
            let url = session.url(&format!("{}/blobs/{digest}", place.repository))?;
            let first = HeaderValue::from_static("bytes=0-0");
            let response = session.send(Request::new(Method::Get, url).header(RANGE, first), &scope)?;
            match response.status {
                206 => Ok(response.header("content-range").and_then(|range| {
                    let (_, size) = range.rsplit_once('/')?;
                    size.parse().ok()
                })),
                // It knows no ranges, and sends all of it, which is not read.
                200 => Ok(response.content_length()),
                _ => Err(session.refuse(response, &scope)),
            }
        };
        ask().map_err(|error| session.hide(error))
    }

    fn download(
        &self,
        reference: &Reference,
        digest: Digest,
        size: u64,
        offset: u64,
    ) -> Result<Resuming, RegistryError> {
        let place = self.reading(reference);
        let session = self.session(&place);
        let url = session.url(&format!("{}/blobs/{digest}", place.repository))?;
        let backoff = session.retry().start();
        let scope = Scope::pull(&place.repository);
        let (gained, ranges, body) = (0, true, None);
        let mut resuming =
            Resuming { session, scope, url, digest, size, offset, gained, ranges, body, backoff };
        resuming.connect()?;
        Ok(resuming)
    }
}

/// A blob of a registry: streamed through memory, or mounted.
#[derive(Clone)]
pub struct RegistryBlob {
    registries: Registries,
    reference: Reference,
    digest: Digest,
    size: u64,
}

impl Registries {
    /// The blob of `reference`'s repository, to be published elsewhere. Nothing is fetched before it
    /// is opened.
    pub fn source(&self, reference: &Reference, digest: Digest, size: u64) -> Blob {
        let (registries, reference) = (self.clone(), reference.clone());
        let source = Arc::new(RegistryBlob { registries, reference, digest, size });
        Blob { digest, size, source, again: false, meter: Meter::default() }
    }
}

impl BlobSource for RegistryBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self.registries.blob(&self.reference, self.digest, self.size) {
            Ok(reader) => Ok(Box::new(reader)),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn mount_from(&self) -> Option<&Reference> {
        Some(&self.reference)
    }
}

/// The verified bytes of a blob. Reading fails at the end where they are not the blob's.
pub struct BlobReader(VerifyReader<Resuming>);

impl Read for BlobReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

/// A download that continues where it broke.
struct Resuming {
    session: Arc<Session>,
    scope: Scope,
    url: Url,
    digest: Digest,
    size: u64,
    offset: u64,
    /// Bytes since the last time that the count of retries began.
    gained: u64,
    /// Whether the registry may still be asked for a part.
    ranges: bool,
    body: Option<Box<dyn Read + Send>>,
    backoff: Backoff,
}

impl Resuming {
    fn connect(&mut self) -> Result<(), RegistryError> {
        let connected = self.ask();
        connected.map_err(|error| self.session.hide(error))
    }

    fn ask(&mut self) -> Result<(), RegistryError> {
        let mut request = Request::new(Method::Get, self.url.clone());
        let part = self.ranges && self.offset > 0;
        if part {
            let range = format!("bytes={}-", self.offset);
            let value =
                HeaderValue::from_str(&range).map_err(|cause| RegistryError::protocol(&range, cause))?;
            request = request.header(RANGE, value);
        }
        let response = self.session.send(request, &self.scope)?;
        if part && response.status == 416 {
            // No such part, it says: all of it, then, as of one who knows no ranges.
            self.ranges = false;
            return self.ask();
        }
        let what = format!("{} {}", response.method, redact::url(&response.url));
        let whole = match response.status {
            200 => true,
            206 if part => false,
            _ => return Err(self.session.refuse(response, &self.scope)),
        };
        let start = response
            .header("content-range")
            .and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
        if !whole && start != Some(self.offset) {
            return Err(RegistryError::protocol(
                what,
                format!("the registry was asked for bytes from {}, but sends others", self.offset),
            ));
        }
        let rest = if whole { self.size } else { self.size - self.offset };
        if let Some(length) = response.content_length().filter(|length| *length != rest) {
            return Err(RegistryError::protocol(
                what,
                format!("{} should have {rest} bytes, but the registry sends {length}", self.digest),
            ));
        }
        let mut body = response.body;
        if whole && self.offset > 0 {
            // No ranges here: what we have comes again. Should it differ, the digest will tell.
            let skipped = io::copy(&mut (&mut body).take(self.offset), &mut io::sink());
            if !skipped.is_ok_and(|skipped| skipped == self.offset) {
                // As if it had broken at once: the reader waits and comes again.
                body = Box::new(io::empty());
            }
        }
        self.body = Some(body);
        Ok(())
    }
}

impl Read for Resuming {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let outcome = match &mut self.body {
                Some(body) => body.read(buf),
                None => match self.connect() {
                    Ok(()) => continue,
                    Err(error) => return Err(io::Error::other(error)),
                },
            };
            let broke = match outcome {
                Ok(0) if self.offset < self.size && !buf.is_empty() => io::ErrorKind::UnexpectedEof.into(),
                Ok(count) => {
                    self.offset += count as u64;
                    self.gained += count as u64;
                    if self.gained >= PROGRESS {
                        self.gained = 0;
                        self.backoff.progress();
                    }
                    return Ok(count);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => cause,
            };
            self.body = None;
            if !self.backoff.wait(None) {
                return Err(broke);
            }
        }
    }
}
