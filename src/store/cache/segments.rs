//! Blocks of layers by the key of their content: what was compressed once on this machine, in whatever layer, is copied.
//!
//! Where the blocks of earlier builds lie is [one record](super::segment_index). Those of this build are in a table, from
//! the moment at which the first thread wants them: another one that wants the same block waits for it.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::segment_index::{Place, SegmentIndex};
use super::{Cache, regular_file};
use crate::digest::Digest;
use crate::key::Key;
use crate::pack::{BlockName, Compressed, Reuse};
use crate::work::lock;

/// The blocks of all layers in the cache, and of those that are packed now.
pub struct Segments {
    cache: Cache,
    /// Read when the first block is looked for.
    earlier: OnceLock<SegmentIndex>,
    blocks: Mutex<HashMap<Key, Arc<Mutex<Slot>>>>,
    /// Layers of this build that the cache has, and what lies in them.
    new: Mutex<Vec<(Digest, Vec<Place>)>>,
}

/// A block of this build. Locked by the thread that makes it.
#[derive(Default)]
struct Slot {
    /// As long as it waits to be written.
    compressed: Weak<Compressed>,
    place: Option<(Place, Layer)>,
}

/// A layer with the block in it.
enum Layer {
    /// Being written: gone where that fails.
    Staged(Weak<File>),
    /// In the cache.
    Kept(Digest),
}

impl Cache {
    /// The blocks of all layers that were made here.
    pub fn segments(&self) -> Segments {
        Segments {
            cache: self.clone(),
            earlier: OnceLock::new(),
            blocks: Mutex::default(),
            new: Mutex::default(),
        }
    }
}

impl Segments {
    /// For one layer that is packed.
    pub fn layer(&self) -> LayerSegments<'_> {
        LayerSegments { all: self, file: OnceLock::new(), written: Mutex::default() }
    }

    /// Remembers where the blocks of new layers lie, where the cache can be written to.
    pub fn keep(&self) {
        let new = std::mem::take(&mut *lock(&self.new));
        if !new.is_empty() {
            self.cache.keep_segments(&new);
        }
    }

    fn slot(&self, key: &Key) -> Arc<Mutex<Slot>> {
        Arc::clone(lock(&self.blocks).entry(*key).or_default())
    }

    /// The block as it lies in a layer, if it is the one that is meant.
    fn read(&self, name: BlockName, place: &Place, layer: &Layer) -> Option<Compressed> {
        if place.name != name {
            return None;
        }
        if place.size == 0 {
            return Some(Compressed::Stored);
        }
        let file = match layer {
            Layer::Staged(file) => file.upgrade()?,
            Layer::Kept(layer) => {
                let file = regular_file::open(&self.cache.blob_path(*layer)).ok()?;
                // Only to keep `prune` away.
                let _ = file.try_lock_shared();
                file.into()
            }
        };
        let mut bytes = vec![0; place.size as usize];
        file.read_exact_at(&mut bytes, place.offset).ok()?;
        (Key::of(&bytes) == place.sum).then_some(Compressed::Deflated(bytes))
    }

    fn find(&self, name: BlockName, slot: &mut Slot) -> Option<Compressed> {
        let here = slot.place.as_ref().and_then(|(place, layer)| self.read(name, place, layer));
        here.or_else(|| {
            let earlier = self.earlier.get_or_init(|| self.cache.segment_index());
            let (layer, place) = earlier.find(&name.key)?;
            let layer = Layer::Kept(layer);
            let found = self.read(name, &place, &layer)?;
            slot.place = Some((place, layer));
            Some(found)
        })
    }
}

/// What of [`Segments`] a layer takes, and adds.
pub struct LayerSegments<'a> {
    all: &'a Segments,
    /// The layer as it is written.
    file: OnceLock<Arc<File>>,
    written: Mutex<Vec<Place>>,
}

impl LayerSegments<'_> {
    /// The file that the layer is written to, if it is kept at all: its blocks are read there until the cache has it.
    pub fn reads_from(&self, file: Option<&Arc<File>>) {
        if let Some(file) = file {
            let _ = self.file.set(Arc::clone(file));
        }
    }

    /// The cache has the layer, or might: its blocks are looked for there from now on.
    pub fn keep(self, layer: Digest) {
        let Some(_file) = self.file.get() else { return };
        let written = std::mem::take(&mut *lock(&self.written));
        for place in &written {
            let slot = self.all.slot(&place.name.key);
            lock(&slot).place = Some((*place, Layer::Kept(layer)));
        }
        lock(&self.all.new).push((layer, written));
    }
}

impl Reuse for LayerSegments<'_> {
    fn get(
        &self,
        name: BlockName,
        make: &mut dyn FnMut() -> io::Result<Compressed>,
    ) -> io::Result<(Arc<Compressed>, bool)> {
        let slot = self.all.slot(&name.key);
        let mut slot = lock(&slot);
        if let Some(compressed) = slot.compressed.upgrade() {
            return Ok((compressed, true));
        }
        let found = self.all.find(name, &mut slot);
        let was_there = found.is_some();
        let compressed = Arc::new(found.map_or_else(make, Ok)?);
        slot.compressed = Arc::downgrade(&compressed);
        Ok((compressed, was_there))
    }

    fn written(&self, name: BlockName, compressed: &Compressed, offset: u64) {
        let Some(file) = self.file.get() else { return };
        let slot = self.all.slot(&name.key);
        let mut slot = lock(&slot);
        let place = match &slot.place {
            // Found there, and verified: its sum is known.
            Some((place, _)) if place.name == name && place.size as usize == compressed.bytes().len() => {
                Place { offset, ..*place }
            }
            _ => Place::of(name, compressed, offset),
        };
        slot.place = Some((place, Layer::Staged(Arc::downgrade(file))));
        lock(&self.written).push(place);
    }
}
