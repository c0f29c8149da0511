//! Every registry that this process talks to.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::auth::Session;
use super::endpoint::Endpoint;
use super::known_blobs::KnownBlobs;
use super::mirror::Mirror;
use crate::credentials::Keychain;
use crate::digest::Digest;
use crate::http::{Client, RetryPolicy};
use crate::progress::Progress;
use crate::reference::Reference;
use crate::store::cache::{Cache, PushLock};
use crate::work::lock;

/// Every registry this process talks to. Cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Registries {
    pub(super) shared: Arc<Shared>,
    push_locks: Option<Arc<PushLocks>>,
}

/// Where processes take push_locks, and who hears that one takes its time.
struct PushLocks {
    cache: Cache,
    progress: Arc<dyn Progress>,
    told: AtomicBool,
}

pub(super) struct Shared {
    pub(super) http: Client,
    pub(super) keychain: Arc<dyn Keychain>,
    pub(super) mirrors: Vec<Mirror>,
    /// Transfers at the same time.
    pub(super) jobs: NonZeroUsize,
    pub(super) sessions: Mutex<HashMap<String, Arc<Session>>>,
    pub(super) known_blobs: Arc<KnownBlobs>,
}

impl Registries {
    /// Registries reached over `http` with the credentials of `keychain`, at most `jobs` transfers
    /// at once.
    pub fn new(http: Client, keychain: Arc<dyn Keychain>, mirrors: Vec<Mirror>, jobs: usize) -> Self {
        let shared = Shared {
            http,
            keychain,
            mirrors,
            jobs: NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN),
            sessions: Mutex::default(),
            known_blobs: Arc::default(),
        };
        Self { shared: Arc::new(shared), push_locks: None }
    }

    /// The same with another retry policy, and sessions of its own. What one of them sent, the other can mount.
    pub fn with_retry(&self, retry: RetryPolicy) -> Self {
        let Shared { http, keychain, mirrors, jobs, known_blobs, .. } = &*self.shared;
        let shared = Shared {
            http: http.with_retry(retry),
            keychain: Arc::clone(keychain),
            mirrors: mirrors.clone(),
            jobs: *jobs,
            sessions: Mutex::default(),
            known_blobs: Arc::clone(known_blobs),
        };
        Self { shared: Arc::new(shared), push_locks: self.push_locks.clone() }
    }

    /// The same, in turn with the other processes that share `cache`: what two of them push at once is sent by
    /// one. `progress` hears, once, that it takes its time.
    pub fn in_turn(self, cache: Cache, progress: Arc<dyn Progress>) -> Self {
        Self {
            push_locks: Some(Arc::new(PushLocks { cache, progress, told: AtomicBool::new(false) })),
            ..self
        }
    }

    /// Waits until no other process pushes this blob or image to this place.
    pub(super) fn push_lock(&self, place: &Endpoint, digest: Digest) -> Option<PushLock> {
        let push_locks = self.push_locks.as_ref()?;
        let tell = || {
            if !push_locks.told.swap(true, Ordering::Relaxed) {
                push_locks.progress.behind(&format!("{}/{}", place.registry, place.repository));
            }
        };
        push_locks.cache.push_lock(&format!("push {}/{}@{digest}", place.api, place.repository), tell)
    }

    /// Where to read what `reference` names.
    pub(super) fn reading(&self, reference: &Reference) -> Endpoint {
        let mirror = self.shared.mirrors.iter().find(|mirror| mirror.registry == reference.registry());
        let Some(mirror) = mirror else { return Endpoint::of(reference) };
        let slash = if mirror.prefix.is_empty() { "" } else { "/" };
        Endpoint::at(&mirror.host, &format!("{}{slash}{}", mirror.prefix, reference.repository()))
    }

    /// The session with a place's registry; one for each host.
    pub(super) fn session(&self, place: &Endpoint) -> Arc<Session> {
        let mut sessions = lock(&self.shared.sessions);
        let make = || {
            let (registry, api) = (place.registry.clone(), place.api.clone());
            Arc::new(Session::new(self.shared.http.clone(), self.shared.keychain.clone(), registry, api))
        };
        sessions.entry(place.api.clone()).or_insert_with(make).clone()
    }
}
