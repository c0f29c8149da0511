//! `Copies`: a repository that has copies of images, each by its digest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::digest::Digest;
use crate::reference::Reference;

/// A repository that images are read from instead of their own, as long as it can be read. Cheap to clone; clones know
/// the same.
#[derive(Clone, Debug)]
pub struct Copies {
    repository: Reference,
    unreadable: Arc<AtomicBool>,
}

impl Copies {
    /// Those in a repository, which has neither tag nor digest.
    pub fn new(repository: Reference) -> Self {
        Self { repository, unreadable: Arc::default() }
    }

    /// Where they are.
    pub fn repository(&self) -> &Reference {
        &self.repository
    }

    /// The copy of an image; `None` if the repository cannot be read.
    pub fn of(&self, digest: Digest) -> Option<Reference> {
        (!self.unreadable.load(Ordering::Relaxed)).then(|| self.repository.with_digest(digest))
    }

    /// The repository cannot be read: it is not asked any more. Returns whether that is new.
    pub fn give_up(&self) -> bool {
        !self.unreadable.swap(true, Ordering::Relaxed)
    }
}
