//! Bases: where an image begins.

mod docker_archive;
mod embedded;
mod error;
pub mod find;
mod layout;
pub mod pins;
mod prefetch;
mod registry;
mod select;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

pub use error::SourceError;
pub use prefetch::{Fetching, begin, coming, prefetch};

use crate::arch::Arch;
use crate::context::Context;
use crate::digest::{Digest, InvalidDigest};
use crate::epoch::Epoch;
use crate::image::Image;
use crate::pack::PackError;
use crate::reference::{InvalidReference, Reference};
use crate::store::Staging;
use crate::work::Run;

/// Which base to build on, as `--base` says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageRef {
    /// The minimal base that the tool makes itself.
    Embedded,
    /// Nothing at all.
    Scratch,
    /// An image layout.
    Layout(Local),
    /// An image layout in a tar.
    OciArchive(Local),
    /// What `docker save` writes.
    DockerArchive(Local),
    /// An image in a registry.
    Registry(Reference),
}

/// A layout or archive of the host, and which image of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// The directory or file.
    pub path: PathBuf,
    /// Tag (Docker archive: name) of the image.
    pub name: Option<String>,
    /// What the manifest must hash to.
    pub digest: Option<Digest>,
}

/// A text that names no base.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBase {
    /// Nothing behind the colon.
    #[error("`{0}` names no file or directory")]
    NoPath(String),
    /// A malformed digest behind `@`.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// A malformed reference: what is no local path is one.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
}

/// What loading may use.
pub struct Workplace<'a> {
    /// Where layers that come uncompressed are put.
    pub staging: &'a Staging,
    /// How compression runs.
    pub run: Run<'a>,
    /// The time of what is made.
    pub epoch: Epoch,
    /// Registries, and what is kept of them.
    pub context: &'a Context,
}

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
    at: &Workplace<'_>,
) -> Result<Image, SourceError> {
    let image = match base {
        ImageRef::Embedded => embedded::embedded(arch, env, at)?,
        ImageRef::Scratch => {
            embedded::scratch(arch, env).map_err(|source| SourceError::config(base, source))?
        }
        ImageRef::Layout(local) | ImageRef::OciArchive(local) => layout::load(base, local, arch, at)?,
        ImageRef::DockerArchive(local) => docker_archive::load(base, local, Some(arch), at)?,
        ImageRef::Registry(reference) => registry::load(reference, pin, arch, at)?,
    };
    let (os, architecture) = image.config.platform();
    if (os, architecture) != ("linux", arch.oci()) {
        let found = crate::redact::text(&format!("{os}/{architecture}"), 60);
        return Err(SourceError::Platform { base: base.to_string(), found, arch });
    }
    Ok(image)
}

/// Loads an image to be published as it is: its manifest keeps its bytes, except that a Docker archive
/// has none and gets one. An index must be narrowed to the image of one architecture.
///
/// # Errors
/// [`SourceError`], naming the image; [`SourceError::Index`] where `arch` is wanted.
pub fn source(source: &ImageRef, arch: Option<Arch>, at: &Workplace<'_>) -> Result<Image, SourceError> {
    let image = match source {
        ImageRef::Embedded | ImageRef::Scratch => {
            return Err(SourceError::NotASource { name: source.to_string() });
        }
        ImageRef::Layout(local) | ImageRef::OciArchive(local) => layout::source(source, local, arch)?,
        ImageRef::DockerArchive(local) => docker_archive::load(source, local, arch, at)?,
        ImageRef::Registry(reference) => registry::source(reference, arch, at)?,
    };
    let (os, architecture) = image.config.platform();
    match arch {
        Some(arch) if (os, architecture) != ("linux", arch.oci()) => {
            let wanted = format!("for linux/{}", arch.oci());
            let found = format!("one for {os}/{architecture}");
            Err(SourceError::NoMatch { base: source.to_string(), wanted, found })
        }
        _ => Ok(image),
    }
}

impl ImageRef {
    /// Whether the base is one that the tool makes, without the entry script of AWS's images.
    pub fn is_made_here(&self) -> bool {
        matches!(self, ImageRef::Embedded | ImageRef::Scratch)
    }
}

impl FromStr for ImageRef {
    type Err = InvalidBase;

    fn from_str(text: &str) -> Result<Self, InvalidBase> {
        let local = |rest: &str| {
            let (rest, digest) = match rest.rsplit_once("@sha256:") {
                Some((rest, hex)) => (rest, Some(format!("sha256:{hex}").parse()?)),
                None => (rest, None),
            };
            let (path, name) = match rest.split_once(':') {
                Some((path, name)) => (path, Some(name.to_owned()).filter(|name| !name.is_empty())),
                None => (rest, None),
            };
            if path.is_empty() {
                return Err(InvalidBase::NoPath(text.to_owned()));
            }
            Ok(Local { path: path.into(), name, digest })
        };
        match text.split_once(':') {
            Some(("oci", rest)) => local(rest).map(ImageRef::Layout),
            Some(("oci-archive", rest)) => local(rest).map(ImageRef::OciArchive),
            Some(("docker-archive", rest)) => local(rest).map(ImageRef::DockerArchive),
            _ if text == "embedded" => Ok(ImageRef::Embedded),
            _ if text == "scratch" => Ok(ImageRef::Scratch),
            _ if text.is_empty() => Err(InvalidBase::NoPath(text.to_owned())),
            _ => Ok(ImageRef::Registry(text.parse()?)),
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, local) = match self {
            ImageRef::Embedded => return f.write_str("embedded"),
            ImageRef::Scratch => return f.write_str("scratch"),
            ImageRef::Registry(reference) => return reference.fmt(f),
            ImageRef::Layout(local) => ("oci", local),
            ImageRef::OciArchive(local) => ("oci-archive", local),
            ImageRef::DockerArchive(local) => ("docker-archive", local),
        };
        write!(f, "{kind}:{}", local.path.display())?;
        if let Some(name) = &local.name {
            write!(f, ":{name}")?;
        }
        if let Some(digest) = &local.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// The error where a blob is not there in full.
fn lacks(base: &ImageRef, digest: Digest, size: u64, found: u64) -> SourceError {
    SourceError::Blob { base: base.to_string(), digest, size, found }
}

/// An error of the host while a base is read.
fn reading(base: &ImageRef, source: io::Error) -> SourceError {
    SourceError::Pack { base: base.to_string(), source: PackError::Read { origin: base.to_string(), source } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_parse_and_display_as_they_were() {
        let digest = Digest::of(b"");
        for text in [
            "embedded",
            "scratch",
            "oci:dir",
            "oci:dir:tag",
            "oci-archive:a/b.tar:3.12",
            "docker-archive:/x.tar:name:tag",
            "public.ecr.aws/lambda/python:3.12",
            &format!("oci:dir:tag@{digest}"),
        ] {
            assert_eq!(text.parse::<ImageRef>().unwrap().to_string(), text);
        }
        assert!("oci:".parse::<ImageRef>().is_err());
        assert!("layout::tag".parse::<ImageRef>().is_err());
        assert!("oci:d@sha256:12".parse::<ImageRef>().is_err());
        assert!("".parse::<ImageRef>().is_err());
        assert!("./dir".parse::<ImageRef>().is_err());
        assert!("a.b/C:1".parse::<ImageRef>().unwrap_err().to_string().contains("upper-case"));
    }
}
