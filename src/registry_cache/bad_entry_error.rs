//! Why an entry of a registry is not used.

use std::io;

use crate::digest::Digest;
use crate::registry::RegistryError;

/// Why an entry is not used. The build then makes the layer itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadEntry {
    /// Its manifest or configuration is not in the form of this version.
    #[error("{0}")]
    Form(String),
    /// Something in it is larger than what is read.
    #[error("{what} has {size} bytes; at most {most} are read")]
    Size {
        /// What it is.
        what: &'static str,
        /// Its size.
        size: u64,
        /// The limit.
        most: u64,
    },
    /// What it says does not fit together.
    #[error("{0}")]
    Contradiction(&'static str),
    /// Its table has a path that what it is of cannot have.
    #[error("its table has `/{0}`, where nothing of it can be")]
    Outside(String),
    /// The registry has a layer of another size.
    #[error("its layer has {found} bytes, not {expected} as it says")]
    LayerSize {
        /// What the entry says.
        expected: u64,
        /// What the registry states.
        found: u64,
    },
    /// The layer unpacks to something else than it says.
    #[error("its layer unpacks to {found}, not to {expected}")]
    DiffId {
        /// What the entry says.
        expected: Digest,
        /// What was found.
        found: Digest,
    },
    /// The layer does not hold what its table says.
    #[error("its layer does not have `/{0}` as its table says")]
    OtherFile(String),
    /// The layer does not hold it as this program writes layers.
    #[error("its layer does not store `/{0}` as layers are stored")]
    OtherRecord(String),
    /// The layer is compressed otherwise than this program does, so that it has another digest.
    #[error("its layer is compressed otherwise: it has the digest {found}, not {expected}")]
    OtherCompression {
        /// The digest of the layer that this program makes of the same tar.
        expected: Digest,
        /// What the entry says, and the layer has.
        found: Digest,
    },
    /// Checks see something else in the layer than they are said to.
    #[error("checks see something else in `/{0}` of its layer than it says")]
    OtherFacts(String),
    /// The registry does not give a part of it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl BadEntry {
    /// Whether the registry knows the user, and refuses this entry.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Registry(error) if is_refused(error))
    }

    /// Whether the registry does not accept the credentials, or refuses this entry.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Registry(error) if is_denied(error))
    }

    /// Whether the registry gave the entry, and it is bad, or says that a part of it is not there.
    pub(super) fn is_of_the_entry(&self) -> bool {
        match self {
            Self::Registry(RegistryError::Blob { source, .. }) => source.kind() == io::ErrorKind::InvalidData,
            Self::Registry(RegistryError::WrongDigest { .. } | RegistryError::Protocol { .. }) => true,
            Self::Registry(error) => error.status().is_some_and(|status| status.status == 404),
            _ => true,
        }
    }

    /// Whether every other entry would fail the same way: the registry cannot be reached, or refuses.
    pub(super) fn is_of_the_registry(&self) -> bool {
        matches!(self, Self::Registry(error) if is_of_the_registry(error))
    }

    /// The registry's own error.
    pub(super) fn of_the_registry(&self) -> Option<&RegistryError> {
        match self {
            Self::Registry(error) => Some(error),
            _ => None,
        }
    }
}

/// Whether everything else would fail the same way: the registry cannot be reached, or refuses.
pub(super) fn is_of_the_registry(error: &RegistryError) -> bool {
    match error {
        RegistryError::Status(status) => matches!(status.status, 408 | 429 | 500..=599),
        RegistryError::Http(_) | RegistryError::Denied { .. } | RegistryError::Credentials { .. } => true,
        _ => false,
    }
}

/// Whether the registry knows the user, and refuses this.
pub(super) fn is_refused(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Denied { status, .. } if status.status == 403)
}

/// Whether a registry does not accept the credentials, or refuses what is asked.
pub(super) fn is_denied(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Denied { .. } | RegistryError::Credentials { .. })
}
