//! Uploads a blob to a repository: finds it there, mounts it, or sends it.

use std::io::{self, Read};
use std::sync::Arc;

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::pushed::{Blob, BlobOutcome};
use super::quirks::{self, Way};
use crate::digest::{Digest, VerifyReader};
use crate::http::{Backoff, Body, HeaderValue, Method, OpenBody, Request, Response, Url, is_transient};
use crate::progress::Phase;
use crate::work::lock;

/// Idle time-outs to wait for the end of an upload, when a registry reads all of it again.
const COMMIT_PATIENCE: u32 = 5;

/// Sees to it that `place` has the blob. `from` is a repository of the same registry that has it.
pub(super) fn blob(
    session: &Session,
    place: &Endpoint,
    blob: &Blob,
    from: Option<&str>,
) -> Result<BlobOutcome, RegistryError> {
    let scope = Scope::push(&place.repository);
    if exists(session, place, blob.digest, blob.size)? {
        return Ok(BlobOutcome::Present);
    }
    let mut backoff = session.retry().start();
    let (mut renewed, mut expected) = (false, false);
    let mut from = from.filter(|from| *from != place.repository);
    loop {
        let attempt = begin(session, place, blob.digest, from.take()).and_then(|location| match location {
            None => Ok(BlobOutcome::Mounted),
            Some(location) => {
                // Once, however often it is tried.
                if !std::mem::replace(&mut expected, true) {
                    blob.meter.expect(Phase::Upload, blob.size);
                }
                send(session, &scope, blob, location).map(|()| BlobOutcome::Sent)
            }
        });
        match attempt {
            // The token ended on the way; the session has another one by now.
            Err(RegistryError::Denied { status, .. }) if status.status == 401 && !renewed => renewed = true,
            Err(error) if again(&error, &mut backoff) => {}
            Err(error) => return Err(missing(session, place, error)),
            Ok(outcome) => return Ok(outcome),
        }
    }
}

/// Whether another session may do better, after the pause it takes.
fn again(error: &RegistryError, backoff: &mut Backoff) -> bool {
    match error {
        RegistryError::Http(cause) if cause.is_transient() => backoff.wait(None),
        RegistryError::Status(status) if quirks::new_session_helps(status) => {
            backoff.wait(status.retry_after)
        }
        _ => false,
    }
}

/// Gives the lack of a repository its own error.
pub(super) fn missing(session: &Session, place: &Endpoint, error: RegistryError) -> RegistryError {
    match error {
        RegistryError::Status(status) if quirks::is_missing_repository(&status) => {
            RegistryError::RepositoryMissing {
                registry: session.registry().to_owned(),
                repository: place.repository.clone(),
                status,
            }
        }
        other => other,
    }
}

fn exists(session: &Session, place: &Endpoint, digest: Digest, size: u64) -> Result<bool, RegistryError> {
    let scope = Scope::push(&place.repository);
    let url = session.url(&format!("{}/blobs/{digest}", place.repository))?;
    let response = session.send(Request::new(Method::Head, url), &scope)?;
    match response.status {
        // A blob of another size under this digest is broken there: sent anew.
        200 => Ok(response.content_length().is_none_or(|length| length == size)),
        status if status == 401 || is_transient(status) => Err(session.refuse(response, &scope)),
        // Denied to look is not denied to push; 405 and the like: no HEAD here.
        _ => Ok(false),
    }
}

/// Opens an upload session: its location, or `None` where the blob could be mounted.
fn begin(
    session: &Session,
    place: &Endpoint,
    digest: Digest,
    from: Option<&str>,
) -> Result<Option<Url>, RegistryError> {
    let plain = Scope::push(&place.repository);
    let url = session.url(&format!("{}/blobs/uploads/", place.repository))?;
    if let Some(from) = from {
        let scope = Scope { from: Some(from.to_owned()), ..plain.clone() };
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        // A mount is a shortcut: whatever is wrong with it, the blob can still be sent (GGCR #1404, #1679).
        match session.send(Request::new(Method::Post, url), &scope) {
            Ok(response) if response.status == 201 => return Ok(None),
            Ok(response) if response.status == 202 => return location(session, &response).map(Some),
            _ => {}
        }
    }
    let response = session.send(Request::new(Method::Post, url), &plain)?;
    match response.status {
        201 | 202 | 204 => location(session, &response).map(Some),
        _ => Err(session.refuse(response, &plain)),
    }
}

/// Where an upload continues.
pub(super) fn location(session: &Session, response: &Response) -> Result<Url, RegistryError> {
    let what = || format!("{} {}", response.method, crate::redact::url(&response.url));
    let text = response
        .header("location")
        .ok_or_else(|| RegistryError::protocol(what(), "the answer has no location to upload to"))?;
    let mut url =
        response.url.join(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(
            || RegistryError::protocol(what(), "the location to upload to is not a URL of HTTP"),
        )?;
    let base = session.url("")?;
    if base.scheme() == "https" && url.scheme() == "http" {
        if url.host_str() != base.host_str() {
            return Err(RegistryError::protocol(what(), "the location to upload to leaves TLS"));
        }
        // Behind a proxy that ends TLS, registries call themselves http: never followed there.
        let port = base.port();
        if url.set_scheme("https").is_err() || url.set_port(port).is_err() {
            return Err(RegistryError::protocol(what(), "the location to upload to is not a URL"));
        }
    }
    Ok(url)
}

fn send(session: &Session, scope: &Scope, blob: &Blob, location: Url) -> Result<(), RegistryError> {
    let way = *lock(&session.way);
    let outcome = match way {
        Way::Stream => stream(session, scope, blob, location),
        Way::Monolithic => commit(session, scope, blob, location, whole(blob)),
        Way::Parts(size) => parts(session, scope, blob, location, size),
    };
    let Err(error) = outcome else { return Ok(()) };
    let next = error.status().and_then(|status| quirks::next_way(session.api(), way, status));
    let Some(next) = next else { return Err(error) };
    *lock(&session.way) = next;
    // The refused bytes may have spoilt the session.
    let place = Endpoint {
        registry: session.registry().to_owned(),
        api: session.api().to_owned(),
        repository: scope.repository.clone(),
    };
    match begin(session, &place, blob.digest, None)? {
        Some(location) => send(session, scope, blob, location),
        None => Ok(()),
    }
}

/// One PATCH of the whole, then the PUT.
fn stream(session: &Session, scope: &Scope, blob: &Blob, location: Url) -> Result<(), RegistryError> {
    let request = Request::new(Method::Patch, location.clone()).body(whole(blob));
    let next = patch(session, scope, request)?.unwrap_or(location);
    commit(session, scope, blob, next, Body::Empty)
}

/// PATCHes of `size` bytes, each at the offset that we keep: ECR's `Range` stays at the first
/// (aws/containers-roadmap#2831).
fn parts(
    session: &Session,
    scope: &Scope,
    blob: &Blob,
    mut location: Url,
    size: u64,
) -> Result<(), RegistryError> {
    let unreadable = |cause| RegistryError::Blob { digest: blob.digest, source: cause };
    let mut reader = open(blob).map_err(unreadable)?;
    let mut offset = 0;
    while offset < blob.size {
        let mut bytes = Vec::new();
        (&mut reader).take(size.min(blob.size - offset)).read_to_end(&mut bytes).map_err(unreadable)?;
        let length = bytes.len() as u64;
        if length == 0 {
            return Err(unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        let range = format!("{offset}-{}", offset + length - 1);
        let value = HeaderValue::from_str(&range).map_err(|cause| RegistryError::protocol(&range, cause))?;
        let request = Request::new(Method::Patch, location.clone())
            .header(CONTENT_RANGE, value)
            .body(Body::Bytes(bytes.into()));
        location = patch(session, scope, request)?.unwrap_or(location);
        offset += length;
    }
    commit(session, scope, blob, location, Body::Empty)
}

fn patch(session: &Session, scope: &Scope, request: Request) -> Result<Option<Url>, RegistryError> {
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
fn commit(
    session: &Session,
    scope: &Scope,
    blob: &Blob,
    mut location: Url,
    body: Body,
) -> Result<(), RegistryError> {
    let digest = blob.digest;
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

fn whole(blob: &Blob) -> Body {
    let opened = blob.clone();
    let open: OpenBody = Arc::new(move || open(&opened));
    Body::Stream { open, size: blob.size }
}

/// The bytes, verified: a file that changed under us is our error, not the registry's.
fn open(blob: &Blob) -> io::Result<Box<dyn Read + Send>> {
    let source = if blob.again { blob.source.open() } else { blob.source.stream() }?;
    Ok(Box::new(blob.meter.reading(Phase::Upload, VerifyReader::new(source, blob.digest, blob.size))))
}
