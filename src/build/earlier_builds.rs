//! What a build takes over from earlier builds, and keeps for later ones: layers, facts of files, surveys.

use std::path::PathBuf;
use std::sync::Arc;

use crate::context::Context;
use crate::examine::surveys::Surveys;
use crate::registry_cache::RegistryCache;
use crate::store::cache::{Cache, Segments};
use crate::tree::file_facts::Facts;

/// The results of earlier builds. There are none with `no_cache`.
pub struct EarlierBuilds {
    kept: Option<Kept>,
    facts: Arc<Facts>,
    surveys: Surveys,
    /// What facts are about: the function, or the directory of a fleet.
    root: PathBuf,
}

/// What the cache has.
pub struct Kept {
    /// The cache.
    pub cache: Cache,
    /// Blocks of layers that were packed before, and that are packed now.
    pub segments: Segments,
    /// What other machines made.
    pub shared: Option<RegistryCache>,
}

impl EarlierBuilds {
    /// What the cache of `context` has for builds of `root` that started at `started_at` (nanoseconds since 1970).
    pub fn of(root: PathBuf, started_at: i64, no_cache: bool, context: &Context) -> Self {
        if no_cache {
            return Self { kept: None, facts: Arc::default(), surveys: Surveys::new(None), root };
        }
        let cache = context.cache.clone();
        let shared = context.registry_cache.clone().filter(|_| !context.offline);
        Self {
            facts: cache.facts(&root, started_at).into(),
            surveys: Surveys::new(Some(cache.clone())),
            kept: Some(Kept { segments: cache.segments(), shared, cache }),
            root,
        }
    }

    /// What is kept, if anything is.
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }

    /// What other machines made, where it is asked for or told.
    pub fn shared(&self) -> Option<&RegistryCache> {
        self.kept.as_ref()?.shared.as_ref()
    }

    /// The same context with what is known of files.
    pub fn in_context(&self, context: &Context) -> Context {
        Context { facts: Arc::clone(&self.facts), ..context.clone() }
    }

    /// What is known of files of the host.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// What is known to be in layers.
    pub fn surveys(&self) -> &Surveys {
        &self.surveys
    }

    /// Keeps what was learned of files, and where the blocks of new layers lie.
    pub fn keep(&self) {
        if let Some(Kept { cache, segments, shared }) = &self.kept {
            cache.keep_facts(&self.root, &self.facts);
            segments.keep();
            shared.iter().for_each(RegistryCache::trim);
        }
    }
}
