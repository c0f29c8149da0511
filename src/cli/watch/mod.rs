//! `--watch` of `build` and `invoke`: builds, waits for changes, and builds the changed functions again, until Ctrl-C.
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

use std::path::PathBuf;

use crate::cli::fleet::select::Selection;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;

pub use rounds::run;

/// A command that does its work again after each change.
pub trait Work {
    /// The functions that the command line means.
    fn selection(&self, settings: &Settings) -> Result<Selection, CliError>;

    /// The files that it writes besides the outputs of functions.
    fn written(&self) -> Result<Vec<PathBuf>, CliError>;

    /// Makes these functions. `after_commands` is called when the commands that make them have run.
    fn round(
        &mut self,
        selection: Selection,
        settings: &Settings,
        after_commands: impl FnOnce(),
    ) -> Result<(), CliError>;
}
