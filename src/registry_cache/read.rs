//! Reads an entry of a repository.

use std::io::Read;

use super::bad_entry_error::BadEntry;
use super::config::EntryConfig;
use super::entry_name::EntryName;
use super::manifest::EntryManifest;
use crate::digest::{Digest, Mismatch};
use crate::reference::Reference;
use crate::registry::{Registries, RegistryError};

/// An entry as it is stored: its manifest and its configuration.
pub struct Stored {
    /// The bytes of the manifest.
    pub manifest: Vec<u8>,
    /// The bytes of the configuration.
    pub config: Vec<u8>,
}

/// Reads the entry of this name: one request, or two where its configuration is large. `None` where there is none.
pub fn read(registries: &Registries, at: &Reference, name: &EntryName) -> Result<Option<Stored>, BadEntry> {
    let reference = at.with_tag(&name.tag()).map_err(|error| BadEntry::Form(error.to_string()))?;
    let manifest = match registries.manifest(&reference) {
        Ok(manifest) => manifest.bytes,
        Err(RegistryError::NotFound { .. } | RegistryError::RepositoryMissing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let EntryManifest { config: (digest, size), data, .. } = EntryManifest::parse(&manifest)?;
    let config = match data {
        Some(data) if Digest::of(&data) == digest && data.len() as u64 == size => data,
        Some(data) => {
            let actual = Digest::of(&data);
            return Err(BadEntry::Form(Mismatch::Digest { expected: digest, actual }.to_string()));
        }
        None => {
            let mut bytes = Vec::new();
            let mut blob = registries.blob(at, digest, size)?;
            blob.read_to_end(&mut bytes).map_err(|source| RegistryError::Blob { digest, source })?;
            bytes
        }
    };
    Ok(Some(Stored { manifest, config }))
}

impl Stored {
    /// What it says.
    ///
    /// # Errors
    /// [`BadEntry`].
    pub fn parse(&self, name: &EntryName) -> Result<EntryConfig, BadEntry> {
        let manifest = EntryManifest::parse(&self.manifest)?;
        if manifest.kind != name.kind {
            return Err(BadEntry::Contradiction("its manifest is that of another entry"));
        }
        EntryConfig::parse(&self.config, name, manifest.layer)
    }

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = self.manifest.len() as u64;
        [&length.to_le_bytes()[..], &self.manifest, &self.config].concat()
    }

    /// The entry that these bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (manifest, config) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        Some(Self { manifest: manifest.to_vec(), config: config.to_vec() })
    }
}
