//! Where images are written to.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::commit::Staged;
use super::error::PublishError;
use super::item::{Item, tagged};
use super::output_error::InvalidOutput;
use super::{archive, layout};
use crate::arch::Arch;
use crate::epoch::Epoch;
use crate::image::Descriptor;
use crate::media_type::Family;
use crate::redact;
use crate::scheme::Scheme;
use crate::store::layout::blob_name;
use crate::store::resolve_path;
use crate::tree::file_facts::Facts;

/// The tag of an image that was given none.
const DEFAULT_TAG: &str = "latest";

/// Where to put images, as `--output` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// An OCI image layout in a directory.
    Layout {
        /// The directory.
        dir: PathBuf,
        /// The image's tag.
        tag: String,
    },
    /// An OCI image layout in a tar.
    OciArchive {
        /// The file.
        file: PathBuf,
        /// The image's tag.
        tag: String,
    },
    /// What `docker load` reads.
    DockerArchive {
        /// The file.
        file: PathBuf,
        /// Name and tag of the image, if it is to have one.
        name: Option<String>,
    },
}

impl Output {
    /// The directory or file.
    pub fn path(&self) -> &Path {
        match self {
            Output::Layout { dir, .. } => dir,
            Output::OciArchive { file, .. } | Output::DockerArchive { file, .. } => file,
        }
    }

    /// What stands before the path.
    fn scheme(&self) -> Scheme {
        match self {
            Output::Layout { .. } => Scheme::Oci,
            Output::OciArchive { .. } => Scheme::OciArchive,
            Output::DockerArchive { .. } => Scheme::DockerArchive,
        }
    }

    /// The image's tag, or its name in a Docker archive.
    fn tag(&self) -> Option<&str> {
        match self {
            Output::Layout { tag, .. } | Output::OciArchive { tag, .. } => Some(tag),
            Output::DockerArchive { name, .. } => name.as_deref(),
        }
    }

    /// This output as an image of it is called: with its own tag.
    pub fn target(&self, suffix: Option<Arch>) -> String {
        let (scheme, path) = (self.scheme(), self.path().display());
        match self.tag() {
            Some(tag) => format!("{scheme}:{path}:{}", tagged(tag, suffix)),
            None => format!("{scheme}:{path}"),
        }
    }

    /// The one family whose images this output can hold, if it is not both.
    pub fn family(&self) -> Option<Family> {
        match self {
            Output::Layout { .. } | Output::OciArchive { .. } => Some(Family::Oci),
            Output::DockerArchive { .. } => None,
        }
    }

    /// Whether the bytes of a blob are needed to write this output: by its name and size alone, for
    /// plans.
    pub fn lacks(&self, blob: &Descriptor) -> bool {
        match self {
            Output::Layout { dir, .. } => {
                let there = fs::metadata(dir.join(blob_name(blob.digest)));
                !there.is_ok_and(|there| there.len() == blob.size)
            }
            Output::OciArchive { .. } | Output::DockerArchive { .. } => true,
        }
    }

    /// Refuses what would overwrite something else. Writes nothing.
    ///
    /// # Errors
    /// [`PublishError::NotOurs`], and those of the host.
    pub fn check(&self) -> Result<(), PublishError> {
        match self {
            Output::Layout { dir, .. } => layout::check(dir),
            Output::OciArchive { file, .. } => archive::check(file, archive::ArchiveKind::Oci),
            Output::DockerArchive { file, .. } => archive::check(file, archive::ArchiveKind::Docker),
        }
    }

    /// Writes the images next to the output's final name. Blobs that a layout has are hashed, but for those
    /// of which `facts` are known. Where a tag of a layout moves, what only the image before it needed goes, if that
    /// was there before `began` (nanoseconds since 1970).
    ///
    /// # Errors
    /// [`PublishError`]; nothing stands under the final name then.
    pub fn stage(
        &self,
        items: &[Item<'_>],
        (epoch, began): (Epoch, i64),
        facts: &Arc<Facts>,
    ) -> Result<Staged, PublishError> {
        match self {
            Output::Layout { dir, tag } => {
                let waiting = layout::stage(dir, tag, items, facts, began)?;
                Ok(Staged::Layout(Box::new(waiting)))
            }
            Output::OciArchive { file, tag } => {
                Ok(Staged::Archive(archive::stage_oci(file, tag, items, epoch)?))
            }
            Output::DockerArchive { file, name } => {
                Ok(Staged::Archive(archive::stage_docker(file, name.as_deref(), items, epoch)?))
            }
        }
    }
}

/// Refuses outputs that would overwrite something else, or each other, or cannot hold images of
/// `family`, where one is asked for. Writes nothing.
///
/// # Errors
/// [`PublishError`], naming the path.
pub fn check(outputs: &[Output], family: Option<Family>) -> Result<(), PublishError> {
    for (at, output) in outputs.iter().enumerate() {
        output.check()?;
        if family.is_some() && output.family().is_some() && family != output.family() {
            return Err(PublishError::Family(output.to_string()));
        }
        for earlier in &outputs[..at] {
            let layouts = matches!((earlier, output), (Output::Layout { .. }, Output::Layout { .. }));
            let same = resolve_path(earlier.path()) == resolve_path(output.path());
            if same && (!layouts || earlier.tag() == output.tag()) {
                return Err(PublishError::Twice(output.path().to_owned()));
            }
        }
    }
    Ok(())
}

/// OCI distribution specification, "pulling manifests": the grammar of a tag.
fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&tag.len())
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

/// The first output that would take the place of another one.
pub fn duplicate<'o>(outputs: impl IntoIterator<Item = &'o Output>) -> Option<&'o Output> {
    let mut seen = BTreeSet::new();
    outputs.into_iter().find(|output| {
        let tag = match output {
            Output::Layout { tag, .. } => Some(tag),
            _ => None,
        };
        !seen.insert((resolve_path(output.path()), tag))
    })
}

impl FromStr for Output {
    type Err = InvalidOutput;

    fn from_str(text: &str) -> Result<Self, InvalidOutput> {
        let kind = || InvalidOutput::Kind(text.to_owned());
        let (scheme, rest) = text.split_once(':').ok_or_else(kind)?;
        let (path, name) = match rest.split_once(':') {
            Some((path, name)) => (path, Some(name)),
            None => (rest, None),
        };
        if path.is_empty() {
            return Err(kind());
        }
        if path.contains(redact::steers) {
            return Err(InvalidOutput::Steers(text.to_owned()));
        }
        let tag = || {
            let tag = name.unwrap_or(DEFAULT_TAG).to_owned();
            if is_tag(&tag) { Ok(tag) } else { Err(InvalidOutput::Tag { text: text.to_owned(), tag }) }
        };
        match Scheme::named(scheme).ok_or_else(kind)? {
            Scheme::Oci => Ok(Output::Layout { dir: path.into(), tag: tag()? }),
            Scheme::OciArchive => Ok(Output::OciArchive { file: path.into(), tag: tag()? }),
            Scheme::DockerArchive => {
                let name = name.map(|name| docker_name(name, text)).transpose()?;
                Ok(Output::DockerArchive { file: path.into(), name })
            }
        }
    }
}

/// `NAME:TAG`, `latest` where there is no tag.
fn docker_name(name: &str, text: &str) -> Result<String, InvalidOutput> {
    let invalid = || InvalidOutput::Name { text: text.to_owned(), name: name.to_owned() };
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, DEFAULT_TAG),
    };
    let full = format!("{repository}:{tag}");
    let parsed: oci_spec::distribution::Reference = full.parse().map_err(|_| invalid())?;
    // The crate lets upper-case repositories through, Docker does not.
    let plain = parsed.digest().is_none() && !repository.chars().any(|c| c.is_ascii_uppercase());
    if plain && is_tag(tag) { Ok(full) } else { Err(invalid()) }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.target(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_parse_and_name_their_images() {
        let target = |text: &str, suffix| text.parse::<Output>().unwrap().target(suffix);
        assert_eq!(target("oci:out", None), "oci:out:latest");
        assert_eq!(target("oci:out:v1", Some(Arch::Arm64)), "oci:out:v1-arm64");
        assert_eq!(target("oci-archive:a/b.tar:v1", None), "oci-archive:a/b.tar:v1");
        assert_eq!(target("docker-archive:x.tar", Some(Arch::X86_64)), "docker-archive:x.tar");
        assert_eq!(target("docker-archive:x.tar:fn", None), "docker-archive:x.tar:fn:latest");
        let named = "docker-archive:x.tar:localhost:5000/a/fn:v1";
        assert_eq!(target(named, Some(Arch::X86_64)), format!("{named}-x86_64"));
        for wrong in ["out", "oci:", "dir:x", "oci:out:-v", "oci:o:a b", "docker-archive:x.tar:Fn:v1", ""] {
            assert!(wrong.parse::<Output>().is_err(), "{wrong}");
        }
    }
}
