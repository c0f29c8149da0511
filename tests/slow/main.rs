//! What takes long or disturbs others: kills, peaks of memory, `build --watch`, release builds.

#[path = "../harness/mod.rs"]
mod harness;

mod interrupt;
mod packaging;
mod watch;
