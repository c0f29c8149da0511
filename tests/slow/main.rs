//! What takes long or disturbs others: kills, peaks of memory, `build --watch`, release builds.

#[path = "../harness/mod.rs"]
mod harness;

mod check_memory;
mod interrupt;
mod layers;
mod packaging;
mod pull;
mod push;
mod registry_cache;
mod steps;
mod watch;
