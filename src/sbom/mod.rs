//! The software bill of materials (SBOM) of an image: the packages that its files record, as CycloneDX or SPDX.
//!
//! The layers are read once, as checks read them, and nothing is unpacked to disk. What a later layer removes or replaces
//! is not listed. The same image gives the same bytes: a document has no clock, and its number is derived from the image's
//! digest.

mod cyclonedx;
mod distribution;
mod image;
mod inventory;
mod licence;
mod purl;
mod read;
mod spdx;
mod uuid;

pub use distribution::Distribution;
pub use image::Facts;
pub use inventory::{Gap, Inventory, Package, Place};
pub use read::ALL as PROBES;
pub(crate) use read::Linux;

use crate::arch::Arch;
use crate::image::Image;
use crate::inspect::{InspectError, as_stored, find_readable, require_whole};
use crate::source::{ImageRef, SourceEnv, StoredImage};
use crate::survey::Stored;
use crate::work::Run;

/// In which format a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// CycloneDX 1.5, in JSON: the version that Amazon Inspector reads.
    #[default]
    CycloneDx,
    /// SPDX 2.3, in JSON.
    Spdx,
}

/// How many components Amazon Inspector's `ScanSbom` takes.
pub const INSPECTOR_MAX: usize = 2000;

/// Lists the packages of the image that `source` names. All its layers are read.
///
/// # Errors
/// [`InspectError`]: an image that cannot be read completely has no list.
pub fn list(source: &ImageRef, arch: Option<Arch>, at: &SourceEnv<'_>) -> Result<Inventory, InspectError> {
    let raw = find_readable(source, arch, at)?;
    list_stored(&source.to_string(), source, &raw, at.run)
}

/// Lists the packages of an image that is not published, which is called `name` in errors and was made from `base`.
///
/// # Errors
/// [`InspectError`].
pub fn unpublished(
    name: &str,
    base: &ImageRef,
    image: &Image,
    run: Run<'_>,
) -> Result<Inventory, InspectError> {
    list_stored(name, base, &as_stored(base, image), run)
}

fn list_stored(
    name: &str,
    source: &ImageRef,
    raw: &StoredImage,
    run: Run<'_>,
) -> Result<Inventory, InspectError> {
    let view = crate::examine::read_image(source, raw, |_, _| true, PROBES, run)?;
    require_whole(name, &view)?;
    for (layer, survey) in view.surveys() {
        if survey.stored == Stored::Zstd {
            let why = "it is compressed with zstd, which is not read".to_owned();
            return Err(InspectError::Layer { image: name.to_owned(), layer, why });
        }
    }
    Ok(inventory::of(&view))
}

impl Inventory {
    /// The document, with an end of line.
    pub fn document(&self, format: Format) -> String {
        let json = match format {
            Format::CycloneDx => serde_json::to_string_pretty(&cyclonedx::bill(self)),
            Format::Spdx => serde_json::to_string_pretty(&spdx::document(self)),
        };
        // Only maps with keys that are no texts, and types that refuse, cannot be written.
        json.unwrap_or_default() + "\n"
    }
}
