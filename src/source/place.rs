//! `Place`: the repository that an image is read from. It is the repository of copies if that has the image, otherwise
//! the image's own.

use std::sync::OnceLock;

use crate::context::Context;
use crate::reference::Reference;
use crate::registry::{Manifest, RegistryError};

/// Where an image is.
pub(super) struct Place {
    own: Reference,
    /// The image in the repository of copies.
    copy: Option<Reference>,
    /// Whether the copy is to be read, once that is known.
    reads_copy: OnceLock<bool>,
}

impl Place {
    /// The image that `own` names. Only what has a digest can be read from the repository `copies`: the digest proves
    /// that both are the same.
    pub(super) fn new(own: Reference, copies: Option<&Reference>) -> Self {
        let copy = own.digest().zip(copies).map(|(digest, copies)| copies.with_digest(digest));
        Self { own, copy, reads_copy: OnceLock::new() }
    }

    /// The manifest: of the copy, if there is one. A repository of copies that lacks it is told about, once; every
    /// other fault is an error.
    pub(super) fn manifest(&self, context: &Context) -> Result<Manifest, RegistryError> {
        if let Some(copy) = &self.copy {
            let found = context.registries.manifest(copy);
            if !matches!(found, Err(RegistryError::NotFound { .. })) {
                self.reads_copy.get_or_init(|| true);
                return found;
            }
            self.reads_copy.get_or_init(|| {
                context.progress.not_copied(&self.own.to_string(), &copy.to_string());
                false
            });
        }
        context.registries.manifest(&self.own)
    }

    /// What blobs are read from. Asks for the manifest of the copy if that was not done before; a registry that fails
    /// fails again when the blobs are read.
    pub(super) fn reference(&self, context: &Context) -> &Reference {
        let Some(copy) = &self.copy else { return &self.own };
        let reads_copy = *self.reads_copy.get_or_init(|| {
            let lacks = matches!(context.registries.manifest(copy), Err(RegistryError::NotFound { .. }));
            if lacks {
                context.progress.not_copied(&self.own.to_string(), &copy.to_string());
            }
            !lacks
        });
        if reads_copy { copy } else { &self.own }
    }
}
