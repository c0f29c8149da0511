//! `lambda-img build --watch`: builds, and builds again what changed, until the user ends it.
//!
//! ```text
//! build ──→ wait (trigger) ──→ look (files) ──→ whose is it (dependencies)? ──→ build those …
//! ```
//! The host's events only say when to look. What is built is decided by the files themselves, as they were when
//! they were built last: neither what builds and commands write makes them run again, nor is lost what is saved
//! meanwhile.

pub mod dependencies;
pub mod files;
pub mod plan;
pub mod rounds;
pub mod trigger;

pub use rounds::run;
