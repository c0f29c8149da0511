//! Settings: `lambda-img.toml` and the variables `LAMBDA_IMG_…`, which complete the options of a command line.
//!
//! ```text
//! clap ─keys→ Keys          lambda-img.toml ─file→ ─────────┐
//!                           LAMBDA_IMG_… ─environment→ ─────┼─setting_layers→ [Function] ─options→ Build
//!                           command line ─environment→ ─────┘
//! ```
//! How clap's definitions become keys, and values become options again: `via_clap`.

#[cfg(feature = "aws")]
pub mod deployment;
pub mod document;
pub mod environment;
pub mod file;
pub mod function;
pub mod function_image;
pub mod keys;
pub mod kinds;
pub mod nearest;
pub mod precedence;
pub mod registries;
pub mod registry_access;
pub mod schema;
pub mod select;
pub mod setting_layers;
pub mod sources;
pub mod steps;
pub mod text;
pub mod via_clap;

pub use file::FILE_NAME;
pub use function::Function;
pub use keys::Key;
pub use kinds::ValueKind;
pub use nearest::Settings;
pub use precedence::Origin;
