//! An upload session: opened, filled, and ended by the digest of what is in it.

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use crate::digest::Digest;
use crate::http::{Body, HeaderValue, Method, Request, Response, Url};

/// Idle time-outs to wait for the end of an upload, when a registry reads all of it again.
const COMMIT_PATIENCE: u32 = 5;

/// Opens an upload session: its location, or `None` where the blob could be mounted.
pub(super) fn begin(
    session: &Session,
    place: &Endpoint,
    digest: Digest,
    from: Option<&str>,
) -> Result<Option<Url>, RegistryError> {
    if let Some(from) = from {
        let scope = Scope { from: Some(from.to_owned()), ..Scope::push(&place.repository) };
        let mut url = session.url(&format!("{}/blobs/uploads/", place.repository))?;
        url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        // A mount is a shortcut: whatever is wrong with it, the blob can still be sent (GGCR #1404, #1679).
        match session.send(Request::new(Method::Post, url), &scope) {
            Ok(response) if response.status == 201 => return Ok(None),
            Ok(response) if response.status == 202 => return location(session, &response).map(Some),
            _ => {}
        }
    }
    open(session, place).map(Some)
}

/// Opens an upload session for whatever blob: its location.
pub(super) fn open(session: &Session, place: &Endpoint) -> Result<Url, RegistryError> {
    let scope = Scope::push(&place.repository);
    let url = session.url(&format!("{}/blobs/uploads/", place.repository))?;
    let response = session.send(Request::new(Method::Post, url), &scope)?;
    match response.status {
        201 | 202 | 204 => location(session, &response),
        _ => Err(session.refuse(response, &scope)),
    }
}

/// Where an upload continues.
pub(super) fn location(session: &Session, response: &Response) -> Result<Url, RegistryError> {
    let what = || format!("{} {}", response.method, crate::redact::url(&response.url));
    let text = response
        .header("location")
        .ok_or_else(|| RegistryError::protocol(what(), "the answer has no location to upload to"))?;
    let mut url = response
        .url
        .join(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| RegistryError::protocol(what(), "the location to upload to is not an HTTP URL"))?;
    let base = session.url("")?;
    if base.scheme() == "https" && url.scheme() == "http" {
        if url.host_str() != base.host_str() {
            return Err(RegistryError::protocol(
                what(),
                "the location to upload to has plain HTTP, but the registry has HTTPS",
            ));
        }
        // Behind a proxy that ends TLS, registries call themselves http: never followed there.
        let port = base.port();
        if url.set_scheme("https").is_err() || url.set_port(port).is_err() {
            return Err(RegistryError::protocol(what(), "the location to upload to is not a URL"));
        }
    }
    Ok(url)
}

/// A PATCH: where the session continues, if the registry says so.
pub(super) fn patch(
    session: &Session,
    scope: &Scope,
    request: Request,
) -> Result<Option<Url>, RegistryError> {
    let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let response = session.send_once(request, scope)?;
    match response.status {
        // ECR says 201 (jdx/mise#11376), the specification 202.
        201 | 202 | 204 if response.header("location").is_some() => location(session, &response).map(Some),
        201 | 202 | 204 => Ok(None),
        _ => Err(session.refuse(response, scope)),
    }
}

/// The PUT that ends an upload, with the bytes or without.
pub(super) fn commit(
    session: &Session,
    scope: &Scope,
    digest: Digest,
    mut location: Url,
    body: Body,
) -> Result<(), RegistryError> {
    location.query_pairs_mut().append_pair("digest", &digest.to_string());
    let mut request = Request::new(Method::Put, location).body(body);
    request.patience = COMMIT_PATIENCE;
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    request.headers.remove(CONTENT_LENGTH);
    let response = session.send_once(request, scope)?;
    if !matches!(response.status, 201 | 202 | 204) {
        return Err(session.refuse(response, scope));
    }
    match response.header("docker-content-digest") {
        Some(said) if said != digest.to_string() => Err(RegistryError::WrongDigest {
            what: format!("{} {}", response.method, crate::redact::url(&response.url)),
            expected: digest,
            actual: crate::redact::text(said, 80),
        }),
        _ => Ok(()),
    }
}

/// Tells the registry that nothing comes of a session (OCI distribution specification, "cancel a blob upload"). What it
/// answers does not matter: a registry that does not know this forgets the session by itself.
pub(super) fn cancel(session: &Session, place: &Endpoint, location: Url) {
    let _ = session.send_once(Request::new(Method::Delete, location), &Scope::push(&place.repository));
}
