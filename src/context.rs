//! `Context`: registries, cache and progress, which a caller hands to builds and to everything that reads images.

use std::sync::Arc;

use crate::credentials::RepositoryCreator;
use crate::progress::{Progress, Silent};
use crate::registry::{Copies, Registries};
use crate::registry_cache::RegistryCache;
use crate::store::cache::Cache;
use crate::tree::file_facts::Facts;

/// Registries and cache. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Transport, credentials, mirrors and the number of transfers at once.
    pub registries: Registries,
    /// The cache.
    pub cache: Cache,
    /// Facts about files of the host.
    pub facts: Arc<Facts>,
    /// Whether to make no request: a blob that the cache lacks is an error.
    pub offline: bool,
    /// Copies of pinned bases.
    pub base_copies: Option<Copies>,
    /// Creates the repositories that a push needs, if the caller asks for it.
    pub creator: Option<Arc<dyn RepositoryCreator>>,
    /// Layers that machines share through a registry.
    pub registry_cache: Option<RegistryCache>,
    /// Receives progress.
    pub progress: Arc<dyn Progress>,
}

impl Context {
    /// These registries and this cache, online, without progress.
    pub fn new(registries: Registries, cache: Cache) -> Self {
        let facts = Arc::default();
        Self {
            registries,
            cache,
            facts,
            offline: false,
            base_copies: None,
            creator: None,
            registry_cache: None,
            progress: Arc::new(Silent),
        }
    }
}
