//! Output for people and programs: text, JSON, errors and hints.

pub mod built;
pub mod cause;
pub mod check_page;
pub mod clock;
pub mod colour;
#[cfg(feature = "aws")]
pub mod deployed;
pub mod diff;
pub mod error;
pub mod exit_code;
#[cfg(target_os = "linux")]
pub mod failed_function;
pub mod findings;
pub mod handler_origin;
pub mod hints;
pub mod html;
pub mod iam;
pub mod inspect;
pub mod json;
pub mod left_out;
mod of_library;
pub mod past_support;
pub mod progress;
pub mod pushed;
pub mod rebase;
pub mod registry_cache;
pub mod render;
pub mod sarif;
pub mod sbom;
#[cfg(any(feature = "init", target_os = "linux"))]
pub mod shell;
pub mod stdout;
pub mod ui;
pub mod unpinned;
pub mod usage;
pub mod usage_error;
pub mod verdict;
