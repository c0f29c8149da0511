//! Output for people and programs: text, JSON, errors and hints.

pub mod built;
pub mod cause;
pub mod check_page;
pub mod clock;
pub mod colour;
pub mod diff;
pub mod error;
pub mod exit_code;
pub mod findings;
pub mod handler_origin;
pub mod hints;
pub mod iam;
pub mod inspect;
pub mod json;
pub mod left_out;
pub mod past_support;
pub mod progress;
pub mod pushed;
pub mod render;
pub mod sarif;
pub mod sbom;
pub mod stdout;
pub mod ui;
pub mod unpinned;
pub mod usage;
pub mod usage_error;
