//! Checks: find the reasons for which Lambda would refuse an image, or a function would fail, in the image's stored
//! bytes.
//!
//! ```text
//! ImageView (manifest, config, surveys of layers) ─→ Subject ─each check→ faults ─→ Report
//! ```
//!
//! One check is one [`Check`], one line in [`CHECKS`] and one page in `docs/checks`: see "How to add a check" in
//! docs/checks/README.md. Checks judge the stored image, not the spec of the build. `R1:` to `R14:` in comments are
//! rows of "Known rejections" in docs/reference/lambda-and-ecr.md.

/// The page of a check in `docs/checks`.
macro_rules! page {
    ($id:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks/", $id, ".md"))
    };
}

mod all;
mod definition;
mod deploy;
mod error;
mod expectations;
mod fault;
mod files;
mod function;
mod image;
mod image_view;
mod layers;
pub mod limits;
mod policy;
mod recognise;
mod report;
mod runtime;
mod secrets;
mod start;
mod subject;
mod version;
mod wording;

pub(crate) use all::holds_secret;
pub use all::{CHECKS, find, known};
pub use definition::{Check, Evidence, Group, Level};
pub use error::UnknownCheck;
pub use expectations::{BaseNow, Expectations};
pub use fault::{Fault, Location};
pub use image_view::{Document, ImageView, LayerView, NotRead};
pub use policy::Policy;
pub use recognise::{BASE_DIGEST, BASE_NAME};
pub(crate) use recognise::{base, by_name, is_on_aws_base, note, recognise};
pub use report::{Finding, Report};
pub(crate) use start::program::all as programs;
pub use start::program::{Program, ProgramLocation, StartedBy};
pub use subject::Subject;
pub(crate) use version::checks_version;
