//! `RepositoryImages`: what a registry's operator knows of the images in a repository, and the protocol of registries
//! does not say.

use super::error::CredentialError;
use crate::digest::Digest;

/// An image in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryImage {
    /// The digest of its manifest or index.
    pub digest: Digest,
    /// Its tags.
    pub tags: Vec<String>,
    /// The type of the artifact or of its configuration, where the operator knows it.
    pub artifact_type: Option<String>,
    /// Bytes in the registry.
    pub size: u64,
    /// When it was pushed, in seconds since 1970.
    pub pushed: i64,
    /// When it was last pulled, in seconds since 1970, where the registry records that.
    pub pulled: Option<i64>,
}

/// An image that was not deleted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotDeleted {
    /// Its digest.
    pub digest: Digest,
    /// For people.
    pub why: String,
}

/// Lists and deletes images through the API of a registry's operator.
pub trait RepositoryImages: Send + Sync {
    /// The images of `repository` at `host`; `None` if the host has no such API.
    ///
    /// # Errors
    /// The operator refuses, or does not answer.
    fn list(&self, host: &str, repository: &str) -> Result<Option<Vec<RepositoryImage>>, CredentialError>;

    /// Deletes images, with their tags. Returns those that were not deleted; one that does not exist is not among them.
    /// `None` if the host has no such API.
    ///
    /// # Errors
    /// The operator refuses, or does not answer.
    fn delete(
        &self,
        host: &str,
        repository: &str,
        digests: &[Digest],
    ) -> Result<Option<Vec<NotDeleted>>, CredentialError>;
}
