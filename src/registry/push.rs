//! Pushes images: sends the missing blobs, then the manifest, and reads the manifest back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::auth::Session;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::publish::{head, put_manifest, read_back};
use super::pushed::{Blob, BlobOutcome, PushResult, PushStats, PushedBlob, Upload};
use super::registries::Registries;
use super::{quirks, upload};
use crate::credentials::RepositoryCreator;
use crate::digest::Digest;
use crate::image::BytesBlob;
use crate::progress::Meter;
use crate::reference::Reference;
use crate::work::{lock, parallel, try_parallel};

impl Registries {
    /// Publishes `image` as `target`: under its tag, else by digest alone. A missing repository is
    /// made by `creator`, where there is one.
    ///
    /// # Errors
    /// [`RegistryError::TagImmutable`], [`RegistryError::RepositoryMissing`], [`RegistryError::Denied`], and whatever
    /// the way there gives. Blobs sent before the error stay.
    pub fn push(
        &self,
        image: &Upload,
        target: &Reference,
        creator: Option<&dyn RepositoryCreator>,
    ) -> Result<PushResult, RegistryError> {
        // Mirrors are for reading: what is published goes where its name says.
        let place = Endpoint::of(target);
        let session = self.session(&place);
        self.put(&session, place, image, target, creator).map_err(|error| session.hide(error))
    }

    /// Sends one blob to the repository of `target`, where it is not there yet. Says how it got there; a blob that this
    /// process sent before was there.
    ///
    /// # Errors
    /// As [`Registries::push`].
    pub fn put_blob(&self, blob: &Blob, target: &Reference) -> Result<BlobOutcome, RegistryError> {
        let place = Endpoint::of(target);
        let session = self.session(&place);
        let sent = self.blob_once(&session, &place, blob, false);
        Ok(sent.map_err(|error| session.hide(error))?.outcome)
    }

    fn put(
        &self,
        session: &Arc<Session>,
        place: Endpoint,
        image: &Upload,
        target: &Reference,
        creator: Option<&dyn RepositoryCreator>,
    ) -> Result<PushResult, RegistryError> {
        let digest = Digest::of(&image.manifest);
        if let Some(expected) = target.digest().filter(|expected| *expected != digest) {
            let actual = digest.to_string();
            return Err(RegistryError::WrongDigest { what: format!("`{target}`"), expected, actual });
        }
        // Nothing is published, not even a tag, that says of a blob what is not so.
        // All are looked at: a build does without each that is wrong.
        let proven = parallel(self.shared.jobs, &image.layers, |layer| {
            let digest = layer.digest;
            layer.source.prove_size().map_err(|source| RegistryError::Blob { digest, source })
        });
        proven.into_iter().collect::<Result<(), _>>()?;
        let pinned = target.pin(digest);
        let _push_lock = self.push_lock(&place, digest);
        if let Some(tag) = target.tag()
            && head(session, &place, tag)? == Some(digest)
        {
            self.has_all(&place, image);
            return Ok(PushResult { pinned, already: true, blobs: PushStats::default(), each: Vec::new() });
        }
        let mut each = Vec::new();
        if head(session, &place, &digest.to_string())? != Some(digest) {
            each = match self.send_blobs(session, &place, image, true) {
                Err(error @ RegistryError::RepositoryMissing { .. }) => {
                    self.create(session, &place, creator, error)?;
                    self.send_blobs(session, &place, image, true)?
                }
                done => done?,
            };
        } else {
            self.has_all(&place, image);
            if target.tag().is_none() {
                return Ok(PushResult { pinned, already: true, blobs: PushStats::default(), each });
            }
        }
        let mut backoff = session.retry().start();
        let already = loop {
            match put_manifest(session, &place, image, target, digest) {
                // Another process that sends the same blob makes docker-registry lose it for a moment
                // (it rewrites the link in place); cleaners take blobs that no manifest has yet; and what was
                // mounted may not be there after all.
                Err(error) if quirks::is_missing_blob(&error) && backoff.wait(None) => {
                    self.shared.known_blobs.forget(&place);
                    let again = self.send_blobs(session, &place, image, false)?;
                    each.extend(again.into_iter().filter(|done| done.outcome != BlobOutcome::Present));
                }
                done => break done?,
            }
        };
        if !already {
            read_back(session, &place, target, digest)?;
        }
        Ok(PushResult { pinned, already, blobs: PushStats::of(&each), each })
    }

    /// A repository that has the manifest has the blobs: what others lack can be mounted from there.
    fn has_all(&self, place: &Endpoint, image: &Upload) {
        let blobs = image.layers.iter().map(|layer| layer.digest).chain([Digest::of(&image.config)]);
        for digest in blobs {
            // Where somebody holds it, it is on its way there already.
            if let Ok(mut home) = self.shared.known_blobs.mount_source(place, digest).try_lock() {
                home.get_or_insert_with(|| place.repository.clone());
            }
        }
    }

    fn create(
        &self,
        session: &Session,
        place: &Endpoint,
        creator: Option<&dyn RepositoryCreator>,
        missing: RegistryError,
    ) -> Result<(), RegistryError> {
        let Some(creator) = creator else { return Err(missing) };
        match creator.create(session.registry(), &place.repository) {
            Ok(true) => Ok(()),
            Ok(false) => Err(missing),
            Err(source) => Err(RegistryError::Create {
                registry: session.registry().to_owned(),
                repository: place.repository.clone(),
                source: Box::new(source),
            }),
        }
    }

    pub(super) fn send_blobs(
        &self,
        session: &Session,
        place: &Endpoint,
        image: &Upload,
        mount: bool,
    ) -> Result<Vec<PushedBlob>, RegistryError> {
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
    fn blob_once(
        &self,
        session: &Session,
        place: &Endpoint,
        blob: &Blob,
        mount: bool,
    ) -> Result<PushedBlob, RegistryError> {
        let state = self.shared.known_blobs.state(place, blob.digest);
        let mut state = lock(&state);
        let outcome = match *state {
            Some(outcome) => outcome,
            None => self.see_to(session, place, blob, mount)?,
        };
        *state = Some(BlobOutcome::Present);
        Ok(PushedBlob { digest: blob.digest, size: blob.size, outcome })
    }

    /// Sees to it that the blob is there, before a push asks for it.
    pub(super) fn blob_ahead(
        &self,
        session: &Session,
        place: &Endpoint,
        blob: &Blob,
    ) -> Result<(), RegistryError> {
        let state = self.shared.known_blobs.state(place, blob.digest);
        let mut state = lock(&state);
        if state.is_none() {
            *state = Some(self.see_to(session, place, blob, true)?);
        }
        Ok(())
    }

    fn see_to(
        &self,
        session: &Session,
        place: &Endpoint,
        blob: &Blob,
        mount: bool,
    ) -> Result<BlobOutcome, RegistryError> {
        // The last lock of all: who waits for another process holds nothing that its threads could want.
        let in_turn = |from: Option<&str>| {
            let _push_lock = self.push_lock(place, blob.digest);
            let begun = self.shared.known_blobs.take(place, blob.digest);
            upload::blob(session, place, blob, from.filter(|_| mount), begun.as_deref())
        };
        let home = self.shared.known_blobs.mount_source(place, blob.digest);
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
