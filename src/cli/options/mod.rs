//! Options that several commands share, and the values that they become.

pub mod base_repository;
pub mod build;
pub mod cache_dir;
pub mod checks;
pub mod environment;
#[cfg(target_os = "linux")]
pub mod event;
pub mod fleet;
pub mod headings;
pub mod image;
pub mod interrupt;
pub mod jobs;
#[cfg(target_os = "linux")]
pub mod lambda_configuration;
pub mod lock_file;
pub mod old_names;
pub mod pre_build;
pub mod progress_lines;
pub mod prompt;
pub mod references;
pub mod registries;
pub mod registry_cache;
pub mod spec;
pub mod step;
pub mod trust;
pub mod values;
