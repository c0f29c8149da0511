//! Mirrors: registries that are read instead of others.

use std::str::FromStr;

use crate::reference;

/// `HOST=HOST[/PREFIX]`: where to read what references of a registry name. Never changes what is
/// read: digests, names in messages and results stay those of the reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mirror {
    pub(super) registry: String,
    pub(super) host: String,
    pub(super) prefix: String,
}

/// A text that is not `HOST=HOST[/PREFIX]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a mirror of the form HOST=HOST[/PREFIX]: {why}")]
pub struct InvalidMirror {
    text: String,
    why: String,
}

impl Mirror {
    /// The registry that references name.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The registry that is asked instead, `host[:port]`.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Mirror {
    type Err = InvalidMirror;

    fn from_str(text: &str) -> Result<Self, InvalidMirror> {
        let invalid = |why: &dyn ToString| InvalidMirror { text: text.to_owned(), why: why.to_string() };
        let (registry, place) = text.split_once('=').ok_or_else(|| invalid(&"it has no `=`"))?;
        let (host, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = prefix.trim_end_matches('/').to_owned();
        let registry = reference::host(registry).map_err(|why| invalid(&why))?;
        let host = reference::host(host).map_err(|why| invalid(&why))?;
        if !prefix.is_empty() {
            reference::check_repository(&prefix).map_err(|why| invalid(&why))?;
        }
        Ok(Self { registry, host, prefix })
    }
}
