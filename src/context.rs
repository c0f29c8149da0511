//! `Context`: registries, cache and progress, which a caller hands to builds and to everything that reads images.

use std::sync::Arc;

use crate::credentials::RepositoryCreator;
use crate::progress::{Progress, Silent};
use crate::registry::{Copies, Registries};
use crate::registry_cache::{RegistryCache, Repositories};
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

    /// The same with these repositories as the registry cache, if there are any; `began` is the time in
    /// nanoseconds since 1970.
    #[must_use]
    pub fn with_registry_cache(self, repositories: Repositories, began: i64) -> Self {
        if repositories.read.is_empty() && repositories.write.is_none() {
            return self;
        }
        let Self { registries, cache, progress, creator, .. } = self.clone();
        let shared = RegistryCache::new(repositories, began, &registries, cache, progress, creator);
        Self { registry_cache: Some(shared), ..self }
    }
}
