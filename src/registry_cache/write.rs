//! Writes entries: blobs first, the manifest last, so that what is killed leaves nothing that is wrong.

use std::sync::atomic::{AtomicBool, Ordering};

use super::bad_entry_error::{BadEntry, is_denied};
use super::client::RegistryCache;
use super::config::EntryConfig;
use super::entry_name::{EntryKind, EntryName};
use super::manifest::{EMPTY, EntryManifest};
use super::patience;
use super::read::{Stored, read};
use crate::image::Layer;
use crate::media_type::OCI_MANIFEST;
use crate::pack::Packed;
use crate::progress::Meter;
use crate::reference::Reference;
use crate::registry::{Blob, BlobOutcome, RegistryError, Upload};

/// An entry that may be written.
pub struct Offer {
    /// What it is of.
    pub name: EntryName,
    /// The name of the step, or the role of the layer.
    pub role: String,
    /// What it says.
    pub config: EntryConfig,
    /// The layer; none of a step that wrote no file.
    pub layer: Option<Layer>,
    /// Whether it was made now, because it was not found.
    pub is_new: bool,
}

impl RegistryCache {
    /// Writes an entry, where entries are written, and it is not there yet. What goes wrong is a warning.
    pub fn offer(&self, offer: Offer, interrupted: &AtomicBool) {
        let Some(at) = self.writes_to() else { return };
        if offer.is_new {
            self.state().made(offer.name);
        }
        if !self.may_write(at) || !self.state().is_first_offer(offer.name) {
            return;
        }
        let found = self.answered(offer.name, at);
        // What another repository has is not copied: only a build that needs its bytes fetches them. And who takes an
        // entry knows no more of it than the entry says: it is not written again, should it go.
        if found.as_ref().is_some_and(|found| found.at != *at) || self.state().is_taken(offer.name) {
            return;
        }
        if found.is_some_and(|found| found.is_fresh && is_current(&found.config, &offer)) {
            return self.state().was_written(offer.name);
        }
        let (registries, place, name) = (self.registries().clone(), at.clone(), offer.name);
        let there = patience::within(self.repositories().patience, interrupted, move || {
            let Some(stored) = read(&registries, &place, &name)? else { return Ok(None) };
            Ok::<_, BadEntry>(Some((stored.parse(&name)?, stored)))
        });
        match there {
            _ if interrupted.load(Ordering::Relaxed) => {}
            None => self.give_up(at, "it does not answer in time"),
            // Another machine was faster: the first one stays, whatever we have.
            Some(Ok(Some((config, stored)))) if is_current(&config, &offer) && !self.distrusts(name, at) => {
                self.send(at, offer, interrupted, move |cache, at, offer| {
                    cache.complete(at, offer, &config, &stored);
                });
            }
            Some(there) => {
                let replaces = there.is_err() || self.distrusts(name, at);
                self.send(at, offer, interrupted, move |cache, at, offer| cache.put(at, offer, replaces));
            }
        }
    }

    /// Does what sends to a repository, as long as that is waited for.
    fn send(
        &self,
        at: &Reference,
        offer: Offer,
        interrupted: &AtomicBool,
        send: impl FnOnce(&Self, &Reference, Offer) + Send + 'static,
    ) {
        let size = offer.config.packed.map_or(0, |packed| packed.size);
        let longest = patience::of_layer(self.repositories().patience, size);
        let (cache, place) = (self.clone(), at.clone());
        let sent = patience::within(longest, interrupted, move || send(&cache, &place, offer));
        if sent.is_none() && !interrupted.load(Ordering::Relaxed) {
            self.give_up(at, "it does not answer in time");
        }
    }

    /// Leaves an entry that is there, if its layer is there, too: otherwise others cannot use it. Then its layer is
    /// sent, or the entry is replaced if it has another layer than was made here.
    fn complete(&self, at: &Reference, offer: Offer, there: &EntryConfig, stored: &Stored) {
        if there.packed == offer.config.packed {
            self.remember(at, &offer.name, stored);
            return match self.registries().put_blob(&layer(&offer), at) {
                Ok(BlobOutcome::Present) => self.state().was_written(offer.name),
                Ok(_) => self.state().wrote(offer.name),
                Err(error) => self.give_up_for(at, &error),
            };
        }
        let digest = |packed: &Packed| packed.digest;
        if there.packed.as_ref().map(digest) == offer.config.packed.as_ref().map(digest) {
            // This machine knows what the layer is.
            return self.put(at, offer, true);
        }
        let stated = there.packed.map(|packed| (packed.size, self.registries().blob_size(at, packed.digest)));
        match stated {
            Some((_, Err(error))) if error.status().is_some_and(|status| status.status == 404) => {
                self.put(at, offer, true);
            }
            Some((_, Err(error))) => self.give_up_for(at, &error),
            Some((said, Ok(Some(size)))) if said != size => self.put(at, offer, true),
            _ => {
                self.remember(at, &offer.name, stored);
                self.state().was_written(offer.name);
                self.state().warn(differs(at, &offer));
            }
        }
    }

    /// Writes an entry, which `replaces` a bad one.
    fn put(&self, at: &Reference, offer: Offer, replaces: bool) {
        let Some(config) = offer.config.to_bytes(&offer.name) else { return };
        let packed = offer.config.packed.map(|packed| (packed.digest, packed.size));
        let manifest = EntryManifest::new(offer.name.kind, &offer.role, &config, packed);
        let manifest = manifest.written(self.today()).to_bytes();
        let layer = layer(&offer);
        let media_type = OCI_MANIFEST.to_owned();
        let stored = Stored { manifest: manifest.clone(), config: config.clone() };
        let Ok(target) = at.with_tag(&offer.name.tag()) else { return };
        // The blobs go first, for two reasons. A registry that has the manifest need not have the layer. And the tag is
        // looked at right before it is set: another machine may have made the same at the same time.
        for blob in [&layer, &Blob::of_bytes(config.as_slice().into())] {
            match self.registries().put_blob(blob, at) {
                // The push tells, or creates it.
                Ok(_) | Err(RegistryError::RepositoryMissing { .. }) => {}
                Err(error) => return self.give_up_for(at, &error),
            }
        }
        let upload = Upload { layers: vec![layer], config, manifest, media_type };
        match self.registries().push(&upload, &target, self.creator()) {
            Ok(pushed) => {
                self.remember(at, &offer.name, &stored);
                match pushed.already && !replaces {
                    false => self.state().wrote(offer.name),
                    // Another machine wrote the same after this one had looked.
                    true => self.state().was_written(offer.name),
                }
            }
            Err(error @ RegistryError::TagImmutable { .. }) if replaces => {
                self.state().warn(format!("registry cache: `{target}` is not replaced: {error}"));
            }
            // One of another machine.
            Err(RegistryError::TagImmutable { .. }) => self.state().was_written(offer.name),
            Err(error) => self.give_up_for(at, &error),
        }
    }

    /// Whether anything is written to a repository: what was given up stays so.
    pub(super) fn may_write(&self, at: &Reference) -> bool {
        !self.state().is_silent(&write_name(at)) && !self.state().is_silent(at.registry())
    }

    fn give_up_for(&self, at: &Reference, error: &RegistryError) {
        if is_denied(error) {
            self.state().denied(&at.to_string());
        }
        self.give_up(at, &error.to_string());
    }

    fn give_up(&self, at: &Reference, why: &str) {
        let warning =
            format!("registry cache: nothing more is written to `{at}`: {why}; the build continues");
        self.state().silence(&write_name(at), &warning);
    }
}

/// Whether an entry need not be replaced: its checks are those of this version.
fn is_current(config: &EntryConfig, offer: &Offer) -> bool {
    let version = |config: &EntryConfig| config.checks.as_ref().map(|(version, _)| version.clone());
    let wanted = version(&offer.config);
    wanted.is_none() || version(config) == wanted
}

/// What is said of an entry that stays, and has another layer than was made here.
fn differs(at: &Reference, offer: &Offer) -> String {
    let (tag, role) = (offer.name.tag(), &offer.role);
    let why = match offer.name.kind {
        EntryKind::Step => format!("step `{role}` does not write the same files each time"),
        EntryKind::Layer => "another program wrote it".to_owned(),
    };
    format!("registry cache: `{tag}` of `{at}` has another layer than was made here: {why}")
}

fn layer(offer: &Offer) -> Blob {
    match &offer.layer {
        Some(layer) => Blob::of(layer, false, &Meter::default()),
        None => Blob::of_bytes(EMPTY.into()),
    }
}

/// What the writing to a repository is called, where it was given up.
fn write_name(at: &Reference) -> String {
    format!("write {at}")
}
