//! Whole images: what is missing of them is sent, then their manifest, then it is read back.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use super::auth::Session;
use super::error::Error;
use super::publish::{head, put_manifest, read_back};
use super::push_stats::{Done, Sent};
use super::upload::{self, Outcome};
use super::{Place, Registries, quirks};
use crate::credentials::RepositoryCreator;
use crate::digest::Digest;
use crate::image::{BlobSource, BytesBlob, Layer};
use crate::progress::Meter;
use crate::reference::{Pinned, Reference};
use crate::work::{lock, try_parallel};

/// A blob to publish.
#[derive(Clone)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where its bytes are: streamed, verified, anew for each try.
    pub source: Arc<dyn BlobSource>,
    /// Whether it is wanted again: bytes of another registry are kept on the way then.
    pub again: bool,
    /// Counts the bytes that are sent.
    pub meter: Meter,
}

impl Blob {
    /// A layer.
    pub fn of(layer: &Layer, again: bool, meter: &Meter) -> Self {
        Self {
            digest: layer.descriptor.digest,
            size: layer.descriptor.size,
            source: Arc::clone(&layer.source),
            again,
            meter: meter.clone(),
        }
    }
}

/// An image to publish.
#[derive(Clone)]
pub struct Push {
    /// The layers, in any order; each digest is sent once.
    pub layers: Vec<Blob>,
    /// The bytes of the config.
    pub config: Vec<u8>,
    /// The bytes of the manifest.
    pub manifest: Vec<u8>,
    /// The media type of the manifest, which ECR also wants inside it.
    pub media_type: String,
}

/// An image at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Where it is.
    pub pinned: Pinned,
    /// Whether it was there already, under the tag too: nothing was sent.
    pub already: bool,
    /// What was done with the blobs.
    pub blobs: Sent,
    /// The same for each blob that was looked for: the layers in order, then the config.
    pub each: Vec<Done>,
}

/// Blobs that this process has seen in repositories: each digest travels once. A push of the same
/// blob by another thread waits for the first one.
#[derive(Default)]
pub(super) struct Published {
    blobs: Mutex<HashMap<(Place, Digest), Slot>>,
    homes: Mutex<HashMap<(String, Digest), Home>>,
}

/// How a blob got there, as long as nobody was told; held by the thread that sees to it.
type Slot = Arc<Mutex<Option<Outcome>>>;

/// A repository of a registry API that has a blob, to mount it from. Held by the thread that takes the blob
/// there first: who wants it in another repository waits, and mounts it.
type Home = Arc<Mutex<Option<String>>>;

impl Registries {
    /// Publishes `image` as `target`: under its tag, else by digest alone. A missing repository is
    /// made by `creator`, where there is one.
    ///
    /// # Errors
    /// [`Error::TagImmutable`], [`Error::RepositoryMissing`], [`Error::Denied`], and whatever the
    /// way there gives. Blobs sent before the error stay.
    pub fn push(
        &self,
        image: &Push,
        target: &Reference,
        creator: Option<&dyn RepositoryCreator>,
    ) -> Result<Pushed, Error> {
        // Mirrors are for reading: what is published goes where its name says.
        let place = Place::of(target);
        let session = self.session(&place);
        self.put(&session, place, image, target, creator).map_err(|error| session.hide(error))
    }

    fn put(
        &self,
        session: &Arc<Session>,
        place: Place,
        image: &Push,
        target: &Reference,
        creator: Option<&dyn RepositoryCreator>,
    ) -> Result<Pushed, Error> {
        let digest = Digest::of(&image.manifest);
        if let Some(expected) = target.digest().filter(|expected| *expected != digest) {
            let actual = digest.to_string();
            return Err(Error::WrongDigest { what: format!("`{target}`"), expected, actual });
        }
        let pinned = target.pin(digest);
        let _turn = self.turn(&place, digest);
        if let Some(tag) = target.tag()
            && head(session, &place, tag)? == Some(digest)
        {
            self.has_all(&place, image);
            return Ok(Pushed { pinned, already: true, blobs: Sent::default(), each: Vec::new() });
        }
        let mut each = Vec::new();
        if head(session, &place, &digest.to_string())? != Some(digest) {
            each = match self.send_blobs(session, &place, image, true) {
                Err(error @ Error::RepositoryMissing { .. }) => {
                    self.create(session, &place, creator, error)?;
                    self.send_blobs(session, &place, image, true)?
                }
                done => done?,
            };
        } else {
            self.has_all(&place, image);
            if target.tag().is_none() {
                return Ok(Pushed { pinned, already: true, blobs: Sent::default(), each });
            }
        }
        let mut backoff = session.retry().start();
        let already = loop {
            match put_manifest(session, &place, image, target, digest) {
                // Another process that sends the same blob makes docker-registry lose it for a moment
                // (it rewrites the link in place); cleaners take blobs that no manifest has yet; and what was
                // mounted may not be there after all.
                Err(error) if quirks::is_missing_blob(&error) && backoff.wait(None) => {
                    lock(&self.shared.published.blobs).retain(|(at, _), _| *at != place);
                    let again = self.send_blobs(session, &place, image, false)?;
                    each.extend(again.into_iter().filter(|done| done.outcome != Outcome::Present));
                }
                done => break done?,
            }
        };
        if !already {
            read_back(session, &place, target, digest)?;
        }
        Ok(Pushed { pinned, already, blobs: Sent::of(&each), each })
    }

    /// A repository that has the manifest has the blobs: what others lack can be mounted from there.
    fn has_all(&self, place: &Place, image: &Push) {
        let blobs = image.layers.iter().map(|layer| layer.digest).chain([Digest::of(&image.config)]);
        for digest in blobs {
            // Where somebody holds it, it is on its way there already.
            if let Ok(mut home) = self.home(place, digest).try_lock() {
                home.get_or_insert_with(|| place.repository.clone());
            }
        }
    }

    fn create(
        &self,
        session: &Session,
        place: &Place,
        creator: Option<&dyn RepositoryCreator>,
        missing: Error,
    ) -> Result<(), Error> {
        let Some(creator) = creator else { return Err(missing) };
        match creator.create(session.registry(), &place.repository) {
            Ok(true) => Ok(()),
            Ok(false) => Err(missing),
            Err(source) => Err(Error::Create {
                registry: session.registry().to_owned(),
                repository: place.repository.clone(),
                source: Box::new(source),
            }),
        }
    }

    fn send_blobs(
        &self,
        session: &Session,
        place: &Place,
        image: &Push,
        mount: bool,
    ) -> Result<Vec<Done>, Error> {
        let mut seen = BTreeSet::new();
        let layers: Vec<_> = image.layers.iter().filter(|layer| seen.insert(layer.digest)).collect();
        let mut total =
            try_parallel(self.shared.jobs, &layers, |layer| self.blob_once(session, place, layer, mount))?;
        // The config last: who sees it may hope for the layers.
        let bytes: Arc<[u8]> = image.config.as_slice().into();
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        let source = Arc::new(BytesBlob(bytes));
        let config = Blob { digest, size, source, again: false, meter: Meter::default() };
        if seen.insert(digest) {
            total.push(self.blob_once(session, place, &config, mount)?);
        }
        Ok(total)
    }

    /// Sees to it that the blob is there. The first push that asks is told how it got there.
    fn blob_once(&self, session: &Session, place: &Place, blob: &Blob, mount: bool) -> Result<Done, Error> {
        let slot = self.slot(place, blob.digest);
        let mut slot = lock(&slot);
        let outcome = match *slot {
            Some(outcome) => outcome,
            None => self.see_to(session, place, blob, mount)?,
        };
        *slot = Some(Outcome::Present);
        Ok(Done { digest: blob.digest, size: blob.size, outcome })
    }

    /// Sees to it that the blob is there, before a push asks for it.
    pub(super) fn blob_ahead(&self, session: &Session, place: &Place, blob: &Blob) -> Result<(), Error> {
        let slot = self.slot(place, blob.digest);
        let mut slot = lock(&slot);
        if slot.is_none() {
            *slot = Some(self.see_to(session, place, blob, true)?);
        }
        Ok(())
    }

    fn slot(&self, place: &Place, digest: Digest) -> Slot {
        lock(&self.shared.published.blobs).entry((place.clone(), digest)).or_default().clone()
    }

    fn home(&self, place: &Place, digest: Digest) -> Home {
        lock(&self.shared.published.homes).entry((place.api.clone(), digest)).or_default().clone()
    }

    fn see_to(&self, session: &Session, place: &Place, blob: &Blob, mount: bool) -> Result<Outcome, Error> {
        // The last lock of all: who waits for another process holds nothing that its threads could want.
        let in_turn = |from: Option<&str>| {
            let _turn = self.turn(place, blob.digest);
            upload::blob(session, place, blob, from.filter(|_| mount))
        };
        let home = self.home(place, blob.digest);
        let mut home = lock(&home);
        if let Some(from) = home.clone() {
            drop(home);
            return in_turn(Some(&from));
        }
        // Where it is read is where it is known to be: at a mirror, if there is one.
        let named = blob.source.mount_from().map(|from| self.reading(from));
        let from = named.filter(|from| from.api == place.api).map(|from| from.repository);
        let outcome = in_turn(from.as_deref())?;
        *home = Some(place.repository.clone());
        Ok(outcome)
    }
}
