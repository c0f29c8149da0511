//! The OCI distribution protocol: manifests and blobs, in and out. Knows nothing of Lambda.

mod auth;
mod blob;
mod challenge;
mod early_push;
mod error;
mod error_mapping;
mod permissions;
mod ping;
mod publish;
mod pull;
mod push;
mod push_stats;
mod quirks;
mod token;
mod upload;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

pub use crate::registry::early_push::Ahead;
pub use crate::registry::permissions::{Step, Verdict};
pub use crate::registry::push_stats::{Done, Sent};
pub use blob::{BlobReader, RemoteBlob};
pub use error::{ApiError, Error, Status, UNASKED, WITHHELD};
pub use ping::Welcome;
pub use pull::{Manifest, PlatformImage};
pub use push::{Blob, Push, Pushed};
pub use upload::Outcome;

use crate::credentials::Keychain;
use crate::digest::Digest;
use crate::http::Client;
use crate::progress::Progress;
use crate::reference::{self, Reference};
use crate::store::cache::{Cache, Turn};
use crate::work::lock;

/// The most that is read of a manifest or a config, in bytes (ECR's limit; OCI's recommendation).
pub const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// `HOST=HOST[/PREFIX]`: where to read what references of a registry name. Never changes what is
/// read: digests, names in messages and results stay those of the reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mirror {
    registry: String,
    host: String,
    prefix: String,
}

/// A text that is not `HOST=HOST[/PREFIX]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a mirror of the form HOST=HOST[/PREFIX]: {why}")]
pub struct InvalidMirror {
    text: String,
    why: String,
}

impl Mirror {
    /// The registry that references name.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The registry that is asked instead, `host[:port]`.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Mirror {
    type Err = InvalidMirror;

    fn from_str(text: &str) -> Result<Self, InvalidMirror> {
        let invalid = |why: &dyn ToString| InvalidMirror { text: text.to_owned(), why: why.to_string() };
        let (registry, place) = text.split_once('=').ok_or_else(|| invalid(&"it has no `=`"))?;
        let (host, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = prefix.trim_end_matches('/').to_owned();
        let registry = reference::host(registry).map_err(|why| invalid(&why))?;
        let host = reference::host(host).map_err(|why| invalid(&why))?;
        if !prefix.is_empty() {
            reference::check_repository(&prefix).map_err(|why| invalid(&why))?;
        }
        Ok(Self { registry, host, prefix })
    }
}

/// Where requests about a reference go: its registry, or a mirror of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The registry as credentials know it.
    registry: String,
    /// The host that serves its API.
    api: String,
    repository: String,
}

impl Place {
    /// A repository of the registry `host`, as credentials know it.
    fn at(host: &str, repository: &str) -> Self {
        let api = if host == "docker.io" { "registry-1.docker.io" } else { host };
        Self { registry: host.to_owned(), api: api.to_owned(), repository: repository.to_owned() }
    }

    fn of(reference: &Reference) -> Self {
        Self {
            registry: reference.registry().to_owned(),
            api: reference.api_host().to_owned(),
            repository: reference.repository().to_owned(),
        }
    }
}

/// Every registry this process talks to. Cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Registries {
    shared: Arc<Shared>,
    turns: Option<Arc<Turns>>,
}

/// Where processes take turns, and who hears that one takes its time.
struct Turns {
    cache: Cache,
    progress: Arc<dyn Progress>,
    told: AtomicBool,
}

struct Shared {
    http: Client,
    keychain: Arc<dyn Keychain>,
    mirrors: Vec<Mirror>,
    /// Transfers at the same time.
    jobs: NonZeroUsize,
    sessions: Mutex<HashMap<String, Arc<auth::Session>>>,
    published: push::Published,
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
            published: push::Published::default(),
        };
        Self { shared: Arc::new(shared), turns: None }
    }

    /// The same, in turn with the other processes that share `cache`: what two of them push at once is sent by
    /// one. `progress` hears, once, that it takes its time.
    pub fn in_turn(self, cache: Cache, progress: Arc<dyn Progress>) -> Self {
        Self { turns: Some(Arc::new(Turns { cache, progress, told: AtomicBool::new(false) })), ..self }
    }

    /// Waits until no other process pushes this blob or image to this place.
    fn turn(&self, place: &Place, digest: Digest) -> Option<Turn> {
        let turns = self.turns.as_ref()?;
        let tell = || {
            if !turns.told.swap(true, Ordering::Relaxed) {
                turns.progress.behind(&format!("{}/{}", place.registry, place.repository));
            }
        };
        turns.cache.turn(&format!("push {}/{}@{digest}", place.api, place.repository), tell)
    }

    /// Where to read what `reference` names.
    fn reading(&self, reference: &Reference) -> Place {
        let mirror = self.shared.mirrors.iter().find(|mirror| mirror.registry == reference.registry());
        let Some(mirror) = mirror else { return Place::of(reference) };
        let slash = if mirror.prefix.is_empty() { "" } else { "/" };
        Place::at(&mirror.host, &format!("{}{slash}{}", mirror.prefix, reference.repository()))
    }

    /// The session with a place's registry; one for each host.
    fn session(&self, place: &Place) -> Arc<auth::Session> {
        let mut sessions = lock(&self.shared.sessions);
        let make = || {
            let (registry, api) = (place.registry.clone(), place.api.clone());
            Arc::new(auth::Session::new(
                self.shared.http.clone(),
                self.shared.keychain.clone(),
                registry,
                api,
            ))
        };
        sessions.entry(place.api.clone()).or_insert_with(make).clone()
    }
}
