//! Lists the tags of a repository, page by page.

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::registries::Registries;
use crate::http::{Method, Request, Response, Url};
use crate::redact;
use crate::reference::Reference;

/// Tags of one page. ECR takes at most 1000 (`docs/reference/lambda-and-ecr.md`, "How ECR's registry behaves").
const PAGE: usize = 1000;

/// The most pages: more images than a repository of ECR can have.
const PAGES: usize = 1000;

/// The most bytes of a page.
const PAGE_LIMIT: u64 = 4 * 1024 * 1024;

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
        next = following(&response, &url);
        let what = format!("{} {}", response.method, redact::url(&response.url));
        let page: serde_json::Value = serde_json::from_slice(&response.bytes(PAGE_LIMIT)?)
            .map_err(|_| RegistryError::protocol(&what, "it is not a list of tags"))?;
        // null stands for no tag.
        let page = page["tags"].as_array().map_or(&[][..], Vec::as_slice);
        tags.extend(page.iter().filter_map(|tag| tag.as_str()).map(str::to_owned));
    }
    Err(RegistryError::protocol(repository, "its list of tags has no end"))
}

/// The next page, at the same registry: the header `Link` of the specification, "Listing Tags".
fn following(response: &Response, url: &Url) -> Option<Url> {
    let link = response.header("link")?;
    let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
    let next = url.join(target).ok().filter(|_| parameters.contains("next"))?;
    crate::http::same_origin(&next, url).then_some(next)
}
