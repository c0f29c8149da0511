//! `lambda-img build --watch`: builds, waits for changes, and builds the changed functions again, until Ctrl-C.
//!
//! ```text
//! build ──→ wait (trigger) ──→ look (files) ──→ whose is it (dependencies)? ──→ build those …
//! ```
//! Events of the host only say when to look. The files themselves, compared with their state at the last build,
//! decide what is built. Files that builds and commands write do not start another build, and a file that is saved
//! during a build is not missed.

pub mod dependencies;
pub mod files;
pub mod plan;
pub mod rounds;
pub mod trigger;

pub use rounds::run;
