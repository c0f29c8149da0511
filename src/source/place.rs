//! `Place`: the repository that an image is read from. It is the repository of copies if that has the image, otherwise
//! the image's own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::context::Context;
use crate::reference::Reference;
use crate::registry::{Copies, Manifest, RegistryError};

/// Where an image is.
pub(super) struct Place {
    own: Reference,
    copy: Option<Copy>,
}

/// The image in the repository of copies.
struct Copy {
    reference: Reference,
    copies: Copies,
    /// Whether it is there, once that is known.
    exists: OnceLock<bool>,
    /// Whether a blob of it could not be read.
    is_broken: AtomicBool,
}

impl Place {
    /// The image that `own` names. Only what has a digest can be read from the repository of copies: the digest proves
    /// that both are the same.
    pub(super) fn new(own: Reference, copies: Option<&Copies>) -> Self {
        let copy = own.digest().zip(copies).and_then(|(digest, copies)| {
            let (reference, copies) = (copies.of(digest)?, copies.clone());
            Some(Copy { reference, copies, exists: OnceLock::new(), is_broken: AtomicBool::new(false) })
        });
        Self { own, copy }
    }

    /// The manifest. A copy that cannot be read is told about, and the image is read from its own registry.
    pub(super) fn manifest(&self, context: &Context) -> Result<Manifest, RegistryError> {
        let mut found = None;
        let from = self.reading(context, &mut found);
        match found {
            Some(found) => Ok(found),
            None => context.registries.manifest(from),
        }
    }

    /// What blobs are read from. Asks for the manifest of the copy if that was not done before.
    pub(super) fn reference(&self, context: &Context) -> &Reference {
        self.reading(context, &mut None)
    }

    /// What `read` reads from the repository; if the copy fails, from the image's own.
    pub(super) fn read<T>(
        &self,
        context: &Context,
        read: impl Fn(&Reference) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let from = self.reference(context);
        match (read(from), &self.copy) {
            (Err(error), Some(copy)) if *from == copy.reference => {
                copy.is_broken.store(true, Ordering::Relaxed);
                copy.tell(&self.own, context, &error);
                read(&self.own)
            }
            (result, _) => result,
        }
    }

    /// Where the image is read from; `found` is its manifest, if that was asked for.
    fn reading(&self, context: &Context, found: &mut Option<Manifest>) -> &Reference {
        let Some(copy) = &self.copy else { return &self.own };
        let exists = *copy.exists.get_or_init(|| match context.registries.manifest(&copy.reference) {
            Ok(manifest) => {
                *found = Some(manifest);
                true
            }
            Err(error) => {
                copy.tell(&self.own, context, &error);
                false
            }
        });
        if exists && !copy.is_broken.load(Ordering::Relaxed) { &copy.reference } else { &self.own }
    }
}

impl Copy {
    /// Tells why the image `own` is not read from here. After a fault of the registry, no other image is asked for.
    fn tell(&self, own: &Reference, context: &Context, error: &RegistryError) {
        let repository = self.copies.repository().to_string();
        match error {
            RegistryError::NotFound { .. } => context.progress.not_copied(&own.to_string(), &repository),
            RegistryError::WrongDigest { .. } => {
                context.progress.copies_unreadable(&self.reference.to_string(), &error.to_string());
            }
            _ if self.copies.give_up() => {
                context.progress.copies_unreadable(&repository, &error.to_string());
            }
            _ => {}
        }
    }
}
