//! Where the blocks of earlier layers lie: one record, sorted by key, of a bounded number of them.
//!
//! ```text
//! segments/format-<number>    the layers, newest first, then each block: key, CRC-32, sum, layer, offset, size
//! ```

use std::collections::{BTreeMap, HashSet};

use super::checksummed::Title;
use super::{Cache, where_possible};
use crate::digest::Digest;
use crate::key::Key;
use crate::pack::{BlockName, Compressed, LAYER_FORMAT};

/// The most blocks that are remembered, those of the newest layers: of some 30 GB of files.
const MOST: usize = 1 << 16;

/// Bytes of one block in the record.
const ENTRY: usize = 2 * Key::SIZE + 4 + 4 + 8 + 4;

/// A block in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it holds.
    pub name: BlockName,
    /// Key of its compressed bytes.
    pub sum: Key,
    /// Where they begin in the layer.
    pub offset: u64,
    /// How many there are: 0 of a block that is stored.
    pub size: u32,
}

impl Place {
    /// The place of a block at `offset`.
    pub fn of(name: BlockName, compressed: &Compressed, offset: u64) -> Self {
        let bytes = compressed.bytes();
        // A block is a megabyte or so.
        Self { name, sum: Key::of(bytes), offset, size: bytes.len() as u32 }
    }
}

/// The record as it was read.
#[derive(Default)]
pub struct SegmentIndex {
    layers: Vec<Digest>,
    /// In order: they are looked up where they lie.
    entries: Vec<[u8; ENTRY]>,
}

impl SegmentIndex {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let layers = (u32::from_le_bytes(*count) as usize).checked_mul(32)?;
        let (layers, entries) = rest.split_at_checked(layers)?;
        let layers = layers.as_chunks().0.iter().map(|digest| Digest::from_bytes(*digest)).collect();
        Some(Self { layers, entries: entries.as_chunks().0.to_vec() })
    }

    fn to_bytes(&self) -> Vec<u8> {
        // No more than blocks.
        let mut bytes = (self.layers.len() as u32).to_le_bytes().to_vec();
        self.layers.iter().for_each(|layer| bytes.extend_from_slice(layer.as_bytes()));
        bytes.extend_from_slice(self.entries.as_flattened());
        bytes
    }

    /// Where the block of that key lies, and in which layer.
    pub fn find(&self, key: &Key) -> Option<(Digest, Place)> {
        let at = self.entries.binary_search_by(|entry| entry[..Key::SIZE].cmp(key.as_bytes())).ok()?;
        let (layer, place) = from_entry(&self.entries[at])?;
        Some((*self.layers.get(layer as usize)?, place))
    }

    /// The index with `new` layers, and without what is in none of those that are `there`.
    fn with(&self, new: &[(Digest, Vec<Place>)], there: &dyn Fn(&Digest) -> bool) -> Self {
        let mut named = HashSet::new();
        let (mut layers, mut all) = (Vec::new(), BTreeMap::new());
        let mut of: Vec<Vec<Place>> = vec![Vec::new(); self.layers.len()];
        for (layer, place) in self.entries.iter().filter_map(from_entry) {
            if let Some(of) = of.get_mut(layer as usize) {
                of.push(place);
            }
        }
        let new = new.iter().rev().map(|(layer, places)| (layer, places));
        for (layer, places) in new.chain(self.layers.iter().zip(&of)) {
            if all.len() >= MOST || !named.insert(*layer) || !there(layer) {
                continue;
            }
            let before = all.len();
            for place in places.iter().take(MOST - before) {
                // What a newer layer has is found there.
                all.entry(place.name.key).or_insert_with(|| to_entry(layers.len() as u32, place));
            }
            if all.len() > before {
                layers.push(*layer);
            }
        }
        Self { layers, entries: all.into_values().collect() }
    }
}

fn to_entry(layer: u32, place: &Place) -> [u8; ENTRY] {
    let Place { name: BlockName { key, crc }, sum, offset, size } = place;
    let fields = [
        &key.as_bytes()[..],
        &crc.to_le_bytes(),
        sum.as_bytes(),
        &layer.to_le_bytes(),
        &offset.to_le_bytes(),
        &size.to_le_bytes(),
    ];
    let mut entry = [0; ENTRY];
    for (to, from) in entry.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    entry
}

fn from_entry(entry: &[u8; ENTRY]) -> Option<(u32, Place)> {
    let (key, rest) = entry.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let (layer, rest) = rest.split_first_chunk()?;
    let (offset, size) = rest.split_first_chunk()?;
    let place = Place {
        name: BlockName { key: Key::from_bytes(*key), crc: u32::from_le_bytes(*crc) },
        sum: Key::from_bytes(*sum),
        offset: u64::from_le_bytes(*offset),
        size: u32::from_le_bytes(size.try_into().ok()?),
    };
    Some((u32::from_le_bytes(*layer), place))
}

impl Cache {
    /// What earlier builds remembered.
    pub(super) fn segment_index(&self) -> SegmentIndex {
        let title = title();
        let index = self.record(&title).and_then(|bytes| SegmentIndex::from_bytes(&bytes));
        index.inspect(|_| self.mark_used(&title)).unwrap_or_default()
    }

    /// Adds the blocks of `new` layers, the newest last, to what is remembered; drops those of layers that are gone.
    pub(super) fn keep_segments(&self, new: &[(Digest, Vec<Place>)]) {
        // Of two processes neither forgets what the other one adds.
        let _turn = self.push_lock("segments", || ());
        let index = self.segment_index().with(new, &|layer| self.blob_path(*layer).exists());
        where_possible(|| self.keep_record(&title(), &index.to_bytes()));
    }
}

/// Blocks of another format have other bytes.
fn title() -> Title {
    Title::new("segments", format_args!("format-{LAYER_FORMAT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u64, offset: u64) -> Place {
        let name = BlockName { key: Key::of(&number.to_le_bytes()), crc: number as u32 };
        Place::of(name, &Compressed::Deflated(vec![number as u8]), offset)
    }

    #[test]
    fn a_record_comes_back_and_the_newest_layer_counts() {
        let [old, new] = [&b"old"[..], b"new"].map(Digest::of);
        let index = SegmentIndex::default().with(&[(old, vec![place(1, 10), place(2, 20)])], &|_| true);
        let index = index.with(&[(new, vec![place(2, 200), place(3, 300)])], &|_| true);
        let index = SegmentIndex::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!(index.find(&place(1, 0).name.key), Some((old, place(1, 10))));
        assert_eq!(index.find(&place(2, 0).name.key), Some((new, place(2, 200))));
        assert_eq!(index.find(&place(4, 0).name.key), None);
        // What was only in the layer that is gone is gone, too.
        let left = index.with(&[], &|layer| *layer == new);
        assert_eq!((left.layers, left.entries.len()), (vec![new], 2));
        for torn in [&[][..], &[1, 0, 0], &[9, 0, 0, 0, 1], &[255; 40]] {
            assert!(SegmentIndex::from_bytes(torn).is_none(), "{torn:?}");
        }
    }

    #[test]
    fn the_record_is_bounded_and_forgets_the_oldest_layers() {
        let mut index = SegmentIndex::default();
        let layers: Vec<_> = (0..5u8).map(|at| Digest::of(&[at])).collect();
        for (at, layer) in layers.iter().enumerate() {
            let first = (at * 20_000) as u64;
            let places = (first..first + 20_000).map(|number| place(number, 0)).collect();
            index = index.with(&[(*layer, places)], &|_| true);
        }
        assert_eq!(index.entries.len(), MOST);
        assert_eq!(index.layers, [layers[4], layers[3], layers[2], layers[1]]);
        assert!(
            index.find(&place(99_999, 0).name.key).is_some() && index.find(&place(0, 0).name.key).is_none()
        );
    }
}
