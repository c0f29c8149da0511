//! Lists the tags of a repository, page by page.

use serde::Deserialize;

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::next_page::next_page;
use super::registries::Registries;
use crate::http::{Method, Request};
use crate::redact;
use crate::reference::Reference;

/// Tags of one page. ECR takes at most 1000 (`docs/reference/lambda-and-ecr.md`, "How ECR's registry behaves").
const PAGE: usize = 1000;

/// The most pages: more images than a repository of ECR can have.
const PAGES: usize = 1000;

/// The most bytes of a page.
const PAGE_LIMIT: u64 = 4 * 1024 * 1024;

/// A page. Registries say null where a repository has no tag; one without the key is something else.
#[derive(Deserialize)]
struct Page {
    #[serde(deserialize_with = "Option::deserialize")]
    tags: Option<Vec<String>>,
}

impl Registries {
    /// The tags of the repository of `reference`, in the registry's order.
    ///
    /// # Errors
    /// [`RegistryError::RepositoryMissing`], [`RegistryError::Denied`], [`RegistryError::Protocol`], and whatever the way there gives.
    pub fn tags(&self, reference: &Reference) -> Result<Vec<String>, RegistryError> {
        let place = Endpoint::of(reference);
        let session = self.session(&place);
        list(&session, &place.repository).map_err(|error| session.hide(error))
    }
}

fn list(session: &Session, repository: &str) -> Result<Vec<String>, RegistryError> {
    let scope = Scope::pull(repository);
    let mut tags = Vec::new();
    let mut next = Some(session.url(&format!("{repository}/tags/list?n={PAGE}"))?);
    for _ in 0..PAGES {
        let Some(url) = next.take() else { return Ok(tags) };
        let response = session.send(Request::new(Method::Get, url.clone()), &scope)?;
        if response.status == 404 {
            let (registry, repository) = (session.registry().to_owned(), repository.to_owned());
            let status = Box::new(session.refusal(response));
            return Err(RegistryError::RepositoryMissing { registry, repository, status });
        }
        if response.status != 200 {
            return Err(session.refuse(response, &scope));
        }
        let what = format!("{} {}", response.method, redact::url(&response.url));
        next = next_page(&response, &url, &what)?;
        let page: Page = serde_json::from_slice(&response.bytes(PAGE_LIMIT)?)
            .map_err(|_| RegistryError::protocol(&what, "it is not a list of tags"))?;
        tags.extend(page.tags.unwrap_or_default());
    }
    Err(RegistryError::protocol(repository, "its list of tags has no end"))
}
