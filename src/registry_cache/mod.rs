//! The registry as a cache that machines share: layers of steps and of trees of files, each as an entry of a repository.
//!
//! ```text
//! key ─tag→ manifest ─→ configuration: what the layer holds, and what checks saw in it
//!                    └→ the layer, which is only fetched where its bytes are needed
//! ```
//!
//! An entry is a claim of the writers of the repository. It is never an error: what does not fit together, cannot
//! be read or comes too slowly is a miss, and the build makes the layer itself. The form of entries is in
//! docs/reference/registry-cache.md.

mod bad_entry_error;
mod claim;
mod client;
mod compare;
mod config;
mod entry_name;
mod exchanged;
mod find;
mod found;
mod layer_blob;
mod list;
mod manifest;
mod patience;
mod prune;
mod read;
mod records;
mod remembered;
mod share;
mod share_error;
mod state;
pub mod table;
mod uncompared;
mod write;

pub use bad_entry_error::BadEntry;
pub use claim::Patience;
pub use client::{RegistryCache, Repositories};
pub use compare::first_difference;
pub use config::EntryConfig;
pub use entry_name::{EntryKind, EntryName, FORMAT, tag_prefixes};
pub use exchanged::{Compared, Exchanged};
pub use found::Found;
pub use layer_blob::{EntryLayer, Judge};
pub use list::{ListedEntry, Listing, list};
pub use manifest::{ARTIFACT_TYPE, CONFIG_TYPE, EntryManifest, KIND_ANNOTATION, NAME_ANNOTATION};
pub use prune::{EntryLimits, delete, to_delete};
pub use share::Share;
pub use share_error::InvalidShare;
pub use uncompared::{Hindrance, Uncompared};
pub use write::Offer;
