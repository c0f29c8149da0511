//! The survey of a layer that was packed here, or by another machine by the same rules.

use std::sync::OnceLock;

use super::gunzip::Stored;
use super::{Entry, Survey};
use crate::pack::Packed;

impl Survey {
    /// The survey of a layer that [`pack`](crate::pack) made, with these entries.
    pub fn of_packed(packed: &Packed, entries: Vec<Entry>) -> Self {
        Self {
            digest: packed.digest,
            size: packed.size,
            stored: Stored::Gzip { members: 1, trailing: 0 },
            diff_id: packed.diff_id,
            tar_size: packed.tar_size,
            trailing_bytes: 0,
            entries,
            damage: None,
            well_ordered: OnceLock::new(),
        }
    }
}
