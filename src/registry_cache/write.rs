//! Writes entries: blobs first, the manifest last, so that what is killed leaves nothing that is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::client::RegistryCache;
use super::config::EntryConfig;
use super::entry_name::EntryName;
use super::manifest::{EMPTY, EntryManifest};
use super::patience;
use super::read::{Stored, read};
use crate::digest::Digest;
use crate::image::{BytesBlob, Layer};
use crate::media_type::OCI_MANIFEST;
use crate::progress::Meter;
use crate::reference::Reference;
use crate::registry::{Blob, RegistryError, Upload};

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
        if self.state().is_silent(&write_name(at)) || !self.state().is_first_offer(offer.name) {
            return;
        }
        // What another repository has is not copied: only a build that needs its bytes fetches them.
        if self.found_elsewhere(offer.name, at) {
            return;
        }
        if self.remembered(at, &offer.name).is_some_and(|stored| is_current(&stored, &offer)) {
            return self.state().was_written(offer.name);
        }
        let (registries, place, name) = (self.registries().clone(), at.clone(), offer.name);
        let there = patience::within(self.repositories().patience, interrupted, move || {
            read(&registries, &place, &name)
        });
        match there {
            // Another machine was faster: the first one stays, whatever we have.
            Some(Ok(Some(stored))) if is_current(&stored, &offer) => {
                self.remember(at, &name, &stored);
                self.state().was_written(name);
            }
            _ if interrupted.load(Ordering::Relaxed) => {}
            None => self.give_up(at, "it does not answer in time"),
            Some(_) => self.put(at, offer),
        }
    }

    fn put(&self, at: &Reference, offer: Offer) {
        let Some(config) = offer.config.to_bytes(&offer.name) else { return };
        let layer = offer.config.packed.map(|packed| (packed.digest, packed.size));
        let manifest = EntryManifest::new(offer.name.kind, &offer.role, &config, layer);
        let manifest = manifest.written(self.today()).to_bytes();
        let layer = match &offer.layer {
            Some(layer) => Blob::of(layer, false, &Meter::default()),
            None => empty(),
        };
        let media_type = OCI_MANIFEST.to_owned();
        let stored = Stored { manifest: manifest.clone(), config: config.clone() };
        let upload = Upload { layers: vec![layer], config, manifest, media_type };
        let Ok(target) = at.with_tag(&offer.name.tag()) else { return };
        match self.registries().push(&upload, &target, self.creator()) {
            Ok(pushed) => {
                self.remember(at, &offer.name, &stored);
                match pushed.already {
                    false => self.state().wrote(offer.name),
                    // Another machine wrote the same after this one had looked.
                    true => self.state().was_written(offer.name),
                }
            }
            // One of another machine, or of another version of the checks.
            Err(RegistryError::TagImmutable { .. }) => self.state().was_written(offer.name),
            Err(error) => self.give_up(at, &error.to_string()),
        }
    }

    fn give_up(&self, at: &Reference, why: &str) {
        let warning = format!("registry cache: nothing more is written to `{at}`: {why}");
        self.state().silence(&write_name(at), &warning);
    }
}

/// Whether the stored entry need not be replaced: it can be used, and its checks are those of this version.
fn is_current(stored: &Stored, offer: &Offer) -> bool {
    let version = |config: &EntryConfig| config.checks.as_ref().map(|(version, _)| version.clone());
    let wanted = version(&offer.config);
    stored.parse(&offer.name).is_ok_and(|config| wanted.is_none() || version(&config) == wanted)
}

/// What the writing to a repository is called, where it was given up.
pub fn write_name(at: &Reference) -> String {
    format!("write {at}")
}

fn empty() -> Blob {
    let source = Arc::new(BytesBlob(EMPTY.into()));
    let digest = Digest::of(EMPTY);
    Blob { digest, size: EMPTY.len() as u64, source, again: false, meter: Meter::default() }
}
