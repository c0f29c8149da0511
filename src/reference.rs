//! Image references: where an image is in a registry, by tag, by digest, or by both.

mod target;
mod target_error;

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::digest::Digest;

pub use target::names_registry;
pub use target_error::InvalidTarget;

/// The name under which users know Docker Hub.
const DOCKER_HUB: &str = "docker.io";
/// The host that serves Docker Hub's registry API.
const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// The grammar of a tag (OCI distribution specification, `<reference>`).
const BAD_TAG: &str =
    "its tag must have 1 to 128 characters of A-Z a-z 0-9 _ . - and must not begin with . or -";

/// `registry/repository[:tag][@digest]`, with Docker Hub's defaults filled in.
///
/// Grammar: `distribution/reference`, stricter where that is ambiguous: a first component is a
/// registry only if it has a dot, a port or brackets, or is `localhost`. Host names are lower-cased.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// The text is not the name of an image in a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image reference: {reason}")]
pub struct InvalidReference {
    text: String,
    reason: &'static str,
}

impl Reference {
    /// The registry as users write it, `host[:port]`; Docker Hub is `docker.io`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The `host[:port]` that serves the registry's API: `registry-1.docker.io` for Docker Hub.
    pub fn api_host(&self) -> &str {
        if self.registry == DOCKER_HUB { DOCKER_HUB_API } else { &self.registry }
    }

    /// The repository, without the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, where one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one is written.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// What to ask the registry for: the digest, else the tag, else `latest`.
    pub fn identifier(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }

    /// The same repository with this digest, keeping the tag.
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }

    /// The same repository with this tag and no digest.
    ///
    /// # Errors
    /// Where it is not a tag.
    pub fn with_tag(&self, tag: &str) -> Result<Self, InvalidReference> {
        let invalid = |reason| InvalidReference { text: format!("{self} with tag {tag}"), reason };
        if !is_tag(tag) {
            return Err(invalid(BAD_TAG));
        }
        Ok(Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() })
    }

    /// The same repository pinned to this digest alone.
    pub fn pin(&self, digest: Digest) -> Pinned {
        Pinned { registry: self.registry.clone(), repository: self.repository.clone(), digest }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        parse(text).map_err(|reason| InvalidReference { text: text.to_owned(), reason })
    }
}

/// A registry, a repository and a digest: what publishing returns and what a lock holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pinned {
    registry: String,
    repository: String,
    digest: Digest,
}

impl Pinned {
    /// The digest of the manifest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// As a reference, to pull it.
    pub fn reference(&self) -> Reference {
        Reference {
            registry: self.registry.clone(),
            repository: self.repository.clone(),
            tag: None,
            digest: Some(self.digest),
        }
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.registry, self.repository, self.digest)
    }
}

impl FromStr for Pinned {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let reference: Reference = text.parse()?;
        let digest =
            reference.digest.ok_or(InvalidReference { text: text.to_owned(), reason: "it has no digest" })?;
        Ok(reference.pin(digest))
    }
}

fn parse(text: &str) -> Result<Reference, &'static str> {
    if text.contains("://") {
        return Err("it has a URL scheme; leave out the part before the host");
    }
    let (name, digest) = match text.split_once('@') {
        Some((_, host)) if host.contains(['.', '/']) => {
            return Err("it has a user before the registry; leave the user out");
        }
        Some((name, digest)) => {
            (name, Some(digest.parse().map_err(|_| "its digest is not sha256:<64 lower-case hex digits>")?))
        }
        None => (text, None),
    };
    let (registry, rest) = match name.split_once('/') {
        Some((first, rest)) if is_registry(first) => (host(first)?, rest),
        _ => (DOCKER_HUB.to_owned(), name),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) if is_tag(tag) => (path, Some(tag.to_owned())),
        Some(_) => return Err(BAD_TAG),
        None => (rest, None),
    };
    let registry = match registry.as_str() {
        "index.docker.io" | DOCKER_HUB_API => DOCKER_HUB.to_owned(),
        _ => registry,
    };
    let repository = if registry == DOCKER_HUB && !path.is_empty() && !path.contains('/') {
        format!("library/{path}")
    } else {
        path.to_owned()
    };
    check_repository(&repository)?;
    // The limit of `distribution/reference` for the whole name.
    if registry.len() + 1 + repository.len() > 255 {
        return Err("registry and repository together are longer than 255 characters");
    }
    Ok(Reference { registry, repository, tag, digest })
}

fn is_registry(first: &str) -> bool {
    first.contains(['.', ':', '[']) || first.eq_ignore_ascii_case("localhost")
}

/// Checks `name[:port]`, an IPv4 address or a bracketed IPv6 address, and lower-cases it.
pub(crate) fn host(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "its registry is not a host name or address with an optional port";
    let (name, port) = match text.rfind(']') {
        Some(end) => {
            let address = text.strip_prefix('[').ok_or(BAD)?;
            address[..end - 1].parse::<Ipv6Addr>().map_err(|_| BAD)?;
            match &text[end + 1..] {
                "" => (&text[..=end], None),
                port => (&text[..=end], Some(port.strip_prefix(':').ok_or(BAD)?)),
            }
        }
        None if text.starts_with('[') => return Err(BAD),
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    if let Some(port) = port {
        let number: u16 = port.parse().map_err(|_| "its port is not a number from 1 to 65535")?;
        // `+80` and `080` parse as numbers, and two spellings of one host would be two hosts.
        if number == 0 || number.to_string() != port {
            return Err("its port is not a number from 1 to 65535");
        }
    }
    let label = |part: &str| {
        part.len() <= 63
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    if !name.starts_with('[') && !name.split('.').all(label) {
        return Err(BAD);
    }
    Ok(text.to_ascii_lowercase())
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&tag.len())
        && tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
        && tag.bytes().next().is_some_and(word)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` between slashes (OCI distribution specification, `<name>`).
pub(crate) fn check_repository(repository: &str) -> Result<(), &'static str> {
    if repository.is_empty() {
        return Err("it names no repository");
    }
    if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("its repository has upper-case letters");
    }
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    for component in repository.split('/') {
        if component.is_empty() {
            return Err("its repository has an empty component");
        }
        if !component.bytes().all(|byte| alphanumeric(byte) || matches!(byte, b'.' | b'_' | b'-')) {
            return Err("its repository has characters other than a-z 0-9 . _ - /");
        }
        let separators = component.split(|char: char| alphanumeric(char as u8)).filter(|run| !run.is_empty());
        let edges = [component.bytes().next(), component.bytes().next_back()];
        if edges.iter().flatten().any(|&byte| !alphanumeric(byte))
            || separators
                .into_iter()
                .any(|run| !matches!(run, "." | "_" | "__") && run.bytes().any(|byte| byte != b'-'))
        {
            return Err(
                "a component of its repository starts or ends with . _ or -, or has a wrong sequence of them",
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
