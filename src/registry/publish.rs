//! Uploads manifests: looks for them, puts them and reads them back.

use std::sync::Arc;

use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::pushed::Upload;
use super::{pull, quirks, upload};
use crate::digest::Digest;
use crate::http::{Body, HeaderValue, Method, Request, is_transient};
use crate::reference::Reference;

/// The digest of the manifest under `name`, `None` where there is none.
pub(super) fn head(
    session: &Arc<Session>,
    place: &Endpoint,
    name: &str,
) -> Result<Option<Digest>, RegistryError> {
    let scope = Scope::push(&place.repository);
    let url = session.url(&format!("{}/manifests/{name}", place.repository))?;
    let request = Request::new(Method::Head, url).header(ACCEPT, HeaderValue::from_static(pull::ACCEPT_ALL));
    let response = session.send(request, &scope)?;
    match response.status {
        200 => match response.header("docker-content-digest").and_then(|said| said.parse().ok()) {
            Some(digest) => Ok(Some(digest)),
            None => get(session, place, name),
        },
        status if status == 401 || is_transient(status) => Err(session.refuse(response, &scope)),
        // No HEAD here, or no such manifest or repository: the push itself will tell.
        405 => get(session, place, name),
        _ => Ok(None),
    }
}

fn get(session: &Arc<Session>, place: &Endpoint, name: &str) -> Result<Option<Digest>, RegistryError> {
    let text = match name.starts_with("sha256:") {
        true => format!("{}/{}@{name}", place.registry, place.repository),
        false => format!("{}/{}:{name}", place.registry, place.repository),
    };
    let reference = text.parse().map_err(|cause| RegistryError::protocol(&text, cause))?;
    match pull::get_manifest(session, place, &reference) {
        Ok(manifest) => Ok(Some(manifest.digest)),
        Err(RegistryError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts the manifest; `true` where an immutable tag had this very image.
pub(super) fn put_manifest(
    session: &Arc<Session>,
    place: &Endpoint,
    image: &Upload,
    target: &Reference,
    digest: Digest,
) -> Result<bool, RegistryError> {
    let scope = Scope::push(&place.repository);
    let name = target.tag().map_or_else(|| digest.to_string(), str::to_owned);
    let url = session.url(&format!("{}/manifests/{name}", place.repository))?;
    let kind = HeaderValue::from_str(&image.media_type)
        .map_err(|cause| RegistryError::protocol(&image.media_type, cause))?;
    let request = Request::new(Method::Put, url)
        .header(CONTENT_TYPE, kind)
        .body(Body::Bytes(image.manifest.as_slice().into()));
    let response = session.send(request, &scope)?;
    if matches!(response.status, 200..=202 | 204) {
        // ECR sends no Location; what counts is the digest.
        return match response.header("docker-content-digest") {
            Some(said) if said != digest.to_string() => Err(RegistryError::WrongDigest {
                what: format!("PUT {}", crate::redact::url(&response.url)),
                expected: digest,
                actual: crate::redact::text(said, 80),
            }),
            _ => Ok(false),
        };
    }
    let refusal = session.refusal(response);
    if quirks::is_immutable_tag(&refusal)
        && let Some(theirs) = head(session, place, &name)?
    {
        // Another process was faster with the same image: what we wanted is so.
        return match theirs == digest {
            true => Ok(true),
            false => Err(RegistryError::TagImmutable { reference: target.to_string(), ours: digest, theirs }),
        };
    }
    Err(upload::missing(session, place, session.name_refusal(refusal, &scope)))
}

/// Asks for what was just put: a registry may say 201 and mean nothing.
pub(super) fn read_back(
    session: &Arc<Session>,
    place: &Endpoint,
    target: &Reference,
    digest: Digest,
) -> Result<(), RegistryError> {
    let name = target.tag().map_or_else(|| digest.to_string(), str::to_owned);
    let found = head(session, place, &name)?;
    match found {
        Some(found) if found == digest => Ok(()),
        Some(found) => Err(RegistryError::WrongDigest {
            what: format!("`{target}` read back"),
            expected: digest,
            actual: found.to_string(),
        }),
        None => Err(RegistryError::protocol(
            format!("`{target}` read back"),
            "the registry took the manifest and has none",
        )),
    }
}
