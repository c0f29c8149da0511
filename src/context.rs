//! `Context`: registries, cache and progress, which a caller hands to builds and to everything that reads images.

use std::sync::Arc;

use crate::credentials::RepositoryCreator;
use crate::progress::{Progress, Silent};
use crate::registry::Registries;
use crate::store::cache::Cache;
use crate::tree::file_facts::Facts;

/// Registries, and what is kept of them. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Transport, credentials, mirrors and the number of transfers at once.
    pub registries: Registries,
    /// What was fetched before.
    pub cache: Cache,
    /// What is known of files of the host.
    pub facts: Arc<Facts>,
    /// Whether nothing may be asked of the network: the cache has it, or it is missing.
    pub offline: bool,
    /// Creates the repositories that a push needs, if the caller asks for it.
    pub creator: Option<Arc<dyn RepositoryCreator>>,
    /// Hears of what is fetched.
    pub progress: Arc<dyn Progress>,
}

impl Context {
    /// These registries and this cache, online, in silence.
    pub fn new(registries: Registries, cache: Cache) -> Self {
        let facts = Arc::default();
        Self { registries, cache, facts, offline: false, creator: None, progress: Arc::new(Silent) }
    }
}
