//! How images are named.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::unclear;
use crate::digest::{Digest, InvalidDigest};
use crate::reference::{InvalidReference, Reference, names_registry};
use crate::scheme::Scheme;

/// An image to read or to build on.
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

/// A text that does not name an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBase {
    /// Nothing behind the colon.
    #[error("`{0}` names no file or directory")]
    NoPath(String),
    /// A malformed digest behind `@`.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// A malformed reference: what is not a local path is one.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// A word that names no registry: it is likely misspelt, and does not go to Docker Hub.
    #[error("`{text}` {why}")]
    Unclear {
        /// The text.
        text: String,
        /// What to write instead, as a clause about the text.
        why: String,
    },
}

/// Where the local images of an [`ImageRef`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// An OCI image layout, in a directory or in a tar.
    Layout,
    /// A Docker archive.
    DockerArchive,
}

impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Medium::Layout => "OCI image layout",
            Medium::DockerArchive => "Docker archive",
        })
    }
}

/// What an image is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An image is built on it.
    Base,
    /// It is pushed, checked or shown.
    Image,
}

/// An image as messages name it, with its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// What it is read for.
    pub role: Role,
    /// How the user names it.
    pub reference: String,
}

impl ImageName {
    /// The name of a base.
    pub fn base(reference: impl ToString) -> Self {
        Self { role: Role::Base, reference: reference.to_string() }
    }

    /// The name of another image.
    pub fn image(reference: impl ToString) -> Self {
        Self { role: Role::Image, reference: reference.to_string() }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Base => "base",
            Role::Image => "image",
        };
        write!(f, "{role} `{}`", self.reference)
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

    /// A reference must name its registry: a misspelt word does not go to Docker Hub.
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
        match Scheme::split(text) {
            Some((Scheme::Oci, rest)) => local(rest).map(ImageRef::Layout),
            Some((Scheme::OciArchive, rest)) => local(rest).map(ImageRef::OciArchive),
            Some((Scheme::DockerArchive, rest)) => local(rest).map(ImageRef::DockerArchive),
            _ if text == "embedded" => Ok(ImageRef::Embedded),
            _ if text == "scratch" => Ok(ImageRef::Scratch),
            _ if text.is_empty() => Err(InvalidBase::NoPath(text.to_owned())),
            _ if names_registry(text) || text.contains("://") => Ok(ImageRef::Registry(text.parse()?)),
            _ => match unclear::why(text) {
                Some(why) => Err(InvalidBase::Unclear { text: text.to_owned(), why }),
                None => Ok(ImageRef::Registry(text.parse()?)),
            },
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, local) = match self {
            ImageRef::Embedded => return f.write_str("embedded"),
            ImageRef::Scratch => return f.write_str("scratch"),
            ImageRef::Registry(reference) => return reference.fmt(f),
            ImageRef::Layout(local) => (Scheme::Oci, local),
            ImageRef::OciArchive(local) => (Scheme::OciArchive, local),
            ImageRef::DockerArchive(local) => (Scheme::DockerArchive, local),
        };
        write!(f, "{scheme}:{}", local.path.display())?;
        if let Some(name) = &local.name {
            write!(f, ":{name}")?;
        }
        if let Some(digest) = &local.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
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

    #[test]
    fn no_image_is_of_docker_hub_unasked() {
        for (text, word) in [
            ("embeded", "`embedded`, or `docker.io/library/embeded`"),
            ("Embedded", "`embedded`"),
            ("Scratch", "`scratch`"),
            ("alpine:3", "`docker.io/library/alpine:3`"),
            ("amazon/aws-cli", "`docker.io/amazon/aws-cli`"),
        ] {
            let why = text.parse::<ImageRef>().unwrap_err().to_string();
            assert!(why.starts_with(&format!("`{text}` names no registry: write ")), "{why}");
            assert!(why.contains(word), "{why}");
        }
        assert!(!"alpine".parse::<ImageRef>().unwrap_err().to_string().contains("embedded"));
        for known in ["docker.io/library/a:3", "r.example:5000/a", "localhost/a"] {
            assert_eq!(known.parse::<ImageRef>().unwrap().to_string(), known);
        }
        for (wrong, why) in
            [("oci:", "names no file"), ("UPPER/c", "upper-case"), ("https://r.example/a", "URL scheme")]
        {
            assert!(wrong.parse::<ImageRef>().unwrap_err().to_string().contains(why), "{wrong}");
        }
    }
}
