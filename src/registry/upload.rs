//! Uploads a blob to a repository: finds it there, mounts it, or sends it.

use std::io::{self, Read};
use std::sync::Arc;

use reqwest::header::CONTENT_RANGE;

use super::auth::{Scope, Session};
use super::begun::Begun;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::pushed::{Blob, BlobOutcome};
use super::quirks::{self, Way};
use super::upload_session::{begin, commit, patch};
use crate::digest::{Digest, VerifyReader};
use crate::http::{Backoff, Body, HeaderValue, Method, OpenBody, Request, Url, is_transient};
use crate::progress::Phase;
use crate::work::lock;

/// Sees to it that `place` has the blob. `from` is a repository of the same registry that has it; `begun` may be an upload
/// of it to there that was begun before it was whole.
pub(super) fn blob(
    session: &Session,
    place: &Endpoint,
    blob: &Blob,
    from: Option<&str>,
    begun: Option<&Begun>,
) -> Result<BlobOutcome, RegistryError> {
    let scope = Scope::push(&place.repository);
    let there = exists(session, place, blob.digest, blob.size);
    if !matches!(there, Ok(false)) {
        begun.inspect(|begun| begun.cancel(session, place));
        return there.map(|_| BlobOutcome::Present);
    }
    let mut backoff = session.retry().start();
    let (mut renewed, mut expected) = (false, false);
    // Once, however often it is tried.
    let mut expect = || {
        if !std::mem::replace(&mut expected, true) {
            blob.meter.expect(Phase::Upload, blob.size);
        }
    };
    let mut from = from.filter(|from| *from != place.repository);
    if begun.is_some() {
        expect();
    }
    let mut begun = begun.and_then(Begun::take);
    loop {
        let is_begun = begun.is_some();
        let attempt = match begun.take() {
            Some(location) => {
                commit(session, &scope, blob.digest, location, Body::Empty).map(|()| BlobOutcome::Sent)
            }
            None => begin(session, place, blob.digest, from.take()).and_then(|location| match location {
                None => Ok(BlobOutcome::Mounted),
                Some(location) => {
                    expect();
                    send(session, &scope, blob, location).map(|()| BlobOutcome::Sent)
                }
            }),
        };
        match attempt {
            // The token ended on the way; the session has another one by now.
            Err(RegistryError::Denied { status, .. }) if status.status == 401 && !renewed => renewed = true,
            // What was begun early is no try of its own: whatever is wrong with it, the blob can still be sent whole.
            Err(error) if again(&error, &mut backoff) || is_begun => {}
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

fn send(session: &Session, scope: &Scope, blob: &Blob, location: Url) -> Result<(), RegistryError> {
    let way = *lock(&session.way);
    let outcome = match way {
        Way::Stream => stream(session, scope, blob, location),
        Way::Monolithic => commit(session, scope, blob.digest, location, whole(blob)),
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
    commit(session, scope, blob.digest, next, Body::Empty)
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
    commit(session, scope, blob.digest, location, Body::Empty)
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
