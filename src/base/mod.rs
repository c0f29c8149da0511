//! Bases: where an image begins.

mod docker_archive;
mod embedded;
mod oci;
mod select;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use crate::arch::Arch;
use crate::digest::{Digest, InvalidDigest};
use crate::epoch::Epoch;
use crate::image::{ConfigError, Image, ManifestError};
use crate::pack::{Effort, PackError};
use crate::store::{FileError, Staging};

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
    Registry(String),
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
}

/// Why a base cannot be built on.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest or what belongs to it.
    #[error("base `{base}`")]
    Manifest {
        /// The base.
        base: String,
        /// What is wrong.
        source: ManifestError,
    },
    /// The path holds no image.
    #[error("base `{base}` is no {expected}: it has no `{missing}`")]
    NotAnImage {
        /// The base.
        base: String,
        /// What it should be.
        expected: &'static str,
        /// The file that would make it one.
        missing: String,
    },
    /// None of the images is the one asked for.
    #[error("base `{base}` has no image {wanted}; it has {found}")]
    NoMatch {
        /// The base.
        base: String,
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: String,
    },
    /// More than one image would do.
    #[error("base `{base}` has several images, say which: {found}")]
    Ambiguous {
        /// The base.
        base: String,
        /// What is there.
        found: String,
    },
    /// Another architecture or system than the build's.
    #[error("base `{base}` is for {found}, the build for linux/{}", arch.oci())]
    Platform {
        /// The base.
        base: String,
        /// The base's `os/architecture`.
        found: String,
        /// What the build is for.
        arch: Arch,
    },
    /// A blob is missing, too short or too long.
    #[error("base `{base}` lacks blob {digest}, or has {found} of its {size} bytes")]
    Blob {
        /// The base.
        base: String,
        /// The blob.
        digest: Digest,
        /// By its descriptor.
        size: u64,
        /// Bytes found.
        found: u64,
    },
    /// The bytes of a layer are not what the configuration says.
    #[error("base `{base}`: layer {index} hashes to {found}, its diff_id is {expected}")]
    DiffId {
        /// The base.
        base: String,
        /// From 0, the lowest.
        index: usize,
        /// By the configuration.
        expected: Digest,
        /// Of the bytes.
        found: Digest,
    },
    /// The base is pinned to another digest.
    #[error("base `{base}` is {found}, and was to be {expected}")]
    Pin {
        /// The base.
        base: String,
        /// By the reference.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// The index points in circles.
    #[error("base `{base}`: indexes are nested more than {} deep", select::DEPTH)]
    Nested {
        /// The base.
        base: String,
    },
    /// A layer could not be recompressed.
    #[error("base `{base}`")]
    Pack {
        /// The base.
        base: String,
        /// What went wrong.
        source: PackError,
    },
    /// Registries come with the next version.
    #[error("base `{0}` is in a registry, which this version cannot read")]
    Registry(String),
}

impl From<PackError> for BaseError {
    fn from(source: PackError) -> Self {
        BaseError::Pack { base: "embedded".to_owned(), source }
    }
}

impl BaseError {
    fn config(base: &BaseRef, source: ConfigError) -> Self {
        BaseError::Manifest { base: base.to_string(), source: ManifestError::BadConfig(source) }
    }
}

/// What loading may use.
pub struct Workplace<'a> {
    /// Where layers that come uncompressed are put.
    pub staging: &'a Staging,
    /// How compression runs.
    pub effort: Effort<'a>,
    /// The time of what is made.
    pub epoch: Epoch,
}

/// Loads the base for an architecture: manifest and configuration are read and checked, layers are
/// only looked at where a descriptor will do.
///
/// # Errors
/// [`BaseError`], naming the base.
pub fn load(base: &BaseRef, arch: Arch, env: &[String], at: &Workplace<'_>) -> Result<Image, BaseError> {
    let image = match base {
        BaseRef::Embedded => embedded::embedded(arch, env, at)?,
        BaseRef::Scratch => embedded::scratch(arch, env).map_err(|source| BaseError::config(base, source))?,
        BaseRef::Layout(local) | BaseRef::OciArchive(local) => oci::load(base, local, arch, at)?,
        BaseRef::DockerArchive(local) => docker_archive::load(base, local, arch, at)?,
        BaseRef::Registry(reference) => return Err(BaseError::Registry(reference.clone())),
    };
    let (os, architecture) = image.config.platform();
    if (os, architecture) != ("linux", arch.oci()) {
        let found = format!("{os}/{architecture}");
        return Err(BaseError::Platform { base: base.to_string(), found, arch });
    }
    Ok(image)
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
            _ => Ok(BaseRef::Registry(text.to_owned())),
        }
    }
}

impl fmt::Display for BaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, local) = match self {
            BaseRef::Embedded => return f.write_str("embedded"),
            BaseRef::Scratch => return f.write_str("scratch"),
            BaseRef::Registry(reference) => return f.write_str(reference),
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
    }
}
