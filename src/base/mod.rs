//! Bases: where an image begins.

mod docker_archive;
mod embedded;
mod error;
pub mod lock;
mod oci;
mod prefetch;
pub mod raw;
mod registry;
mod select;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

pub use error::BaseError;
pub use prefetch::{Fetching, begin, coming, prefetch};

use crate::arch::Arch;
use crate::context::Context;
use crate::digest::{Digest, InvalidDigest};
use crate::epoch::Epoch;
use crate::image::Image;
use crate::pack::{Effort, PackError};
use crate::reference::{InvalidReference, Reference};
use crate::store::Staging;

/// Which base to build on, as `--base` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseRef {
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub effort: Effort<'a>,
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
/// [`BaseError`], naming the base.
pub fn load(
    base: &BaseRef,
    pin: Option<Digest>,
    arch: Arch,
    env: &[String],
    at: &Workplace<'_>,
) -> Result<Image, BaseError> {
    let image = match base {
        BaseRef::Embedded => embedded::embedded(arch, env, at)?,
        BaseRef::Scratch => embedded::scratch(arch, env).map_err(|source| BaseError::config(base, source))?,
        BaseRef::Layout(local) | BaseRef::OciArchive(local) => oci::load(base, local, arch, at)?,
        BaseRef::DockerArchive(local) => docker_archive::load(base, local, Some(arch), at)?,
        BaseRef::Registry(reference) => registry::load(reference, pin, arch, at)?,
    };
    let (os, architecture) = image.config.platform();
    if (os, architecture) != ("linux", arch.oci()) {
        let found = crate::redact::text(&format!("{os}/{architecture}"), 60);
        return Err(BaseError::Platform { base: base.to_string(), found, arch });
    }
    Ok(image)
}

/// Loads an image to be published as it is: its manifest keeps its bytes, except that a Docker archive
/// has none and gets one. An index must be narrowed to the image of one architecture.
///
/// # Errors
/// [`BaseError`], naming the image; [`BaseError::Index`] where `arch` is wanted.
pub fn source(source: &BaseRef, arch: Option<Arch>, at: &Workplace<'_>) -> Result<Image, BaseError> {
    let image = match source {
        BaseRef::Embedded | BaseRef::Scratch => {
            return Err(BaseError::NotASource { name: source.to_string() });
        }
        BaseRef::Layout(local) | BaseRef::OciArchive(local) => oci::source(source, local, arch)?,
        BaseRef::DockerArchive(local) => docker_archive::load(source, local, arch, at)?,
        BaseRef::Registry(reference) => registry::source(reference, arch, at)?,
    };
    let (os, architecture) = image.config.platform();
    match arch {
        Some(arch) if (os, architecture) != ("linux", arch.oci()) => {
            let wanted = format!("for linux/{}", arch.oci());
            let found = format!("one for {os}/{architecture}");
            Err(BaseError::NoMatch { base: source.to_string(), wanted, found })
        }
        _ => Ok(image),
    }
}

impl BaseRef {
    /// Whether the base is one that the tool makes, without the entry script of AWS's images.
    pub fn is_made_here(&self) -> bool {
        matches!(self, BaseRef::Embedded | BaseRef::Scratch)
    }
}

impl FromStr for BaseRef {
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
            Some(("oci", rest)) => local(rest).map(BaseRef::Layout),
            Some(("oci-archive", rest)) => local(rest).map(BaseRef::OciArchive),
            Some(("docker-archive", rest)) => local(rest).map(BaseRef::DockerArchive),
            _ if text == "embedded" => Ok(BaseRef::Embedded),
            _ if text == "scratch" => Ok(BaseRef::Scratch),
            _ if text.is_empty() => Err(InvalidBase::NoPath(text.to_owned())),
            _ => Ok(BaseRef::Registry(text.parse()?)),
        }
    }
}

impl fmt::Display for BaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, local) = match self {
            BaseRef::Embedded => return f.write_str("embedded"),
            BaseRef::Scratch => return f.write_str("scratch"),
            BaseRef::Registry(reference) => return reference.fmt(f),
            BaseRef::Layout(local) => ("oci", local),
            BaseRef::OciArchive(local) => ("oci-archive", local),
            BaseRef::DockerArchive(local) => ("docker-archive", local),
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
fn lacks(base: &BaseRef, digest: Digest, size: u64, found: u64) -> BaseError {
    BaseError::Blob { base: base.to_string(), digest, size, found }
}

/// An error of the host while a base is read.
fn reading(base: &BaseRef, source: io::Error) -> BaseError {
    BaseError::Pack { base: base.to_string(), source: PackError::Read { origin: base.to_string(), source } }
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
            assert_eq!(text.parse::<BaseRef>().unwrap().to_string(), text);
        }
        assert!("oci:".parse::<BaseRef>().is_err());
        assert!("oci::tag".parse::<BaseRef>().is_err());
        assert!("oci:d@sha256:12".parse::<BaseRef>().is_err());
        assert!("".parse::<BaseRef>().is_err());
        assert!("./dir".parse::<BaseRef>().is_err());
        assert!("a.b/C:1".parse::<BaseRef>().unwrap_err().to_string().contains("upper-case"));
    }
}
