//! `Endpoint`: the host and repository that requests go to.

use crate::reference::Reference;

/// Where requests about a reference go: its registry, or a mirror of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    /// The registry as credentials know it.
    pub(super) registry: String,
    /// The host that serves its API.
    pub(super) api: String,
    pub(super) repository: String,
}

impl Endpoint {
    /// A repository of the registry `host`, as credentials know it.
    pub(super) fn at(host: &str, repository: &str) -> Self {
        let api = if host == "docker.io" { "registry-1.docker.io" } else { host };
        Self { registry: host.to_owned(), api: api.to_owned(), repository: repository.to_owned() }
    }

    pub(super) fn of(reference: &Reference) -> Self {
        Self {
            registry: reference.registry().to_owned(),
            api: reference.api_host().to_owned(),
            repository: reference.repository().to_owned(),
        }
    }
}
