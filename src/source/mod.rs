//! Sources: where images are read from. Bases are built on, other images are pushed, checked, shown and compared.

mod compress;
mod docker_archive;
mod embedded;
mod env;
mod error;
mod find;
mod image_ref;
mod image_ref_error;
mod layout;
pub mod pins;
mod pins_error;
mod place;
mod prefetch;
mod registry;
mod remote_blob;
mod remote_blob_error;
mod select;
mod stored;
mod unclear;

pub use env::SourceEnv;
pub use error::SourceError;
pub use find::find;
pub use image_ref::{ImageName, ImageRef, Local, Medium, Role};
pub use image_ref_error::InvalidBase;
pub use prefetch::{Fetching, begin, coming, prefetch};
pub use stored::{StoredImage, StoredLayer};

use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::Image;

/// Loads the base for an architecture: manifest and configuration are read and checked, layers are
/// only looked at where a descriptor will do. `pin` is the digest of the image's manifest in a
/// registry, where it is known.
///
/// # Errors
/// [`SourceError`], naming the base.
pub fn load(
    base: &ImageRef,
    pin: Option<Digest>,
    arch: Arch,
    env: &[String],
    at: &SourceEnv<'_>,
) -> Result<Image, SourceError> {
    let name = ImageName::base(base);
    let image = match base {
        ImageRef::Embedded => embedded::embedded(&name, arch, env, at)?,
        ImageRef::Scratch => {
            embedded::scratch(arch, env).map_err(|source| SourceError::config(&name, source))?
        }
        ImageRef::Layout(local) => layout::load(&name, &layout::Files::dir(local), local, arch, at)?,
        ImageRef::OciArchive(local) => layout::load(&name, &layout::Files::tar(local)?, local, arch, at)?,
        ImageRef::DockerArchive(local) => docker_archive::load(&name, local, Some(arch), at)?,
        ImageRef::Registry(reference) => registry::load(&name, reference, pin, arch, at)?,
    };
    let (os, architecture) = image.config.platform();
    if (os, architecture) != ("linux", arch.oci()) {
        let found = crate::redact::text(&format!("{os}/{architecture}"), 60);
        return Err(SourceError::Platform { image: name, found, arch });
    }
    Ok(image)
}

/// Loads an image to be published as it is: its manifest keeps its bytes, except that a Docker archive
/// has none and gets one. An index must be narrowed to the image of one architecture.
///
/// # Errors
/// [`SourceError`], naming the image; [`SourceError::Index`] where `arch` is wanted.
pub fn source(source: &ImageRef, arch: Option<Arch>, at: &SourceEnv<'_>) -> Result<Image, SourceError> {
    let name = ImageName::image(source);
    let image = match source {
        ImageRef::Embedded | ImageRef::Scratch => {
            return Err(SourceError::NotASource { name: source.to_string() });
        }
        ImageRef::Layout(local) => layout::source(&name, &layout::Files::held_dir(local), local, arch)?,
        ImageRef::OciArchive(local) => layout::source(&name, &layout::Files::tar(local)?, local, arch)?,
        ImageRef::DockerArchive(local) => docker_archive::load(&name, local, arch, at)?,
        ImageRef::Registry(reference) => registry::source(&name, reference, arch, at)?,
    };
    let (os, architecture) = image.config.platform();
    match arch {
        Some(arch) if (os, architecture) != ("linux", arch.oci()) => {
            let wanted = format!("for linux/{}", arch.oci());
            let found = format!("one for {os}/{architecture}");
            Err(SourceError::NoMatch { image: name, wanted, found })
        }
        _ => Ok(image),
    }
}
