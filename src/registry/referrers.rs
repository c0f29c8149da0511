//! Manifests that refer to an image: evidence about it, next to it (OCI distribution specification 1.1, "Pushing manifests
//! with subject", "Listing referrers").
//!
//! A registry with the referrers API lists them by itself. For another one, clients keep an index under the tag
//! `sha256-<hex digits>`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::publish::{head, put_manifest, read_back};
use super::pull::{MANIFEST_LIMIT, get_manifest};
use super::pushed::Upload;
use super::registries::Registries;
use crate::digest::Digest;
use crate::http::{HeaderValue, Method, Request};
use crate::media_type::OCI_INDEX;
use crate::redact;
use crate::reference::{Pinned, Reference};

/// The most pages of a list that are read.
const PAGES_MAX: usize = 100;

/// The most referrers of one image that are read.
const REFERRERS_MAX: usize = 5000;

/// The type of a configuration that says nothing (OCI image specification, "Guidance for an empty descriptor").
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// How often the index of a registry without the API is written again, after another process changed it.
const TRIES: usize = 3;

/// A manifest that refers to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What kind of evidence it is; empty where it does not say so.
    pub artifact_type: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

/// A manifest that was attached to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attached {
    /// Where it is.
    pub pinned: Pinned,
    /// Whether it was there already.
    pub already: bool,
    /// The tag that lists it, where the registry has no referrers API.
    pub tag: Option<String>,
}

impl Registries {
    /// What refers to an image, in the order of the registry.
    ///
    /// # Errors
    /// [`RegistryError`]; a list that has no end, or is not a list, is [`RegistryError::Protocol`].
    pub fn referrers(&self, image: &Pinned) -> Result<Vec<Referrer>, RegistryError> {
        let place = self.reading(&image.reference());
        let session = self.session(&place);
        all(&session, &place, image).map_err(|error| session.hide(error))
    }

    /// Publishes a manifest whose `subject` is an image that the repository has.
    ///
    /// # Errors
    /// [`RegistryError`]; the tag that lists it may be immutable ([`RegistryError::TagImmutable`]).
    pub fn attach(&self, image: &Pinned, artifact: &Upload) -> Result<Attached, RegistryError> {
        let place = Endpoint::of(&image.reference());
        let session = self.session(&place);
        self.put_referrer(&session, &place, image, artifact).map_err(|error| session.hide(error))
    }

    fn put_referrer(
        &self,
        session: &Arc<Session>,
        place: &Endpoint,
        image: &Pinned,
        artifact: &Upload,
    ) -> Result<Attached, RegistryError> {
        let digest = Digest::of(&artifact.manifest);
        let target = image.reference().with_digest(digest);
        // Processes that share a cache write the index in turn.
        let _push_lock = self.push_lock(place, image.digest());
        let already = head(session, place, &digest.to_string())? == Some(digest);
        if !already {
            self.send_blobs(session, place, artifact, true)?;
            put_manifest(session, place, artifact, &target, digest)?;
            read_back(session, place, &target, digest)?;
        }
        // ECR sent `OCI-Subject` before it had the API (sigstore/sigstore-js#1183): asking is surer.
        let tag = match by_api(session, place, image)? {
            Some(_) => None,
            None => Some(add(session, place, image, artifact, digest)?),
        };
        Ok(Attached { pinned: target.pin(digest), already, tag })
    }
}

fn all(session: &Arc<Session>, place: &Endpoint, image: &Pinned) -> Result<Vec<Referrer>, RegistryError> {
    let entries = match by_api(session, place, image)? {
        Some(entries) => entries,
        None => indexed(session, place, image)?,
    };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for entry in &entries {
        let referrer = referrer(entry).ok_or_else(|| {
            RegistryError::protocol(
                format!("referrers of `{image}`"),
                "an entry of the list is not a descriptor",
            )
        })?;
        if seen.insert(referrer.digest) {
            found.push(complete(session, place, image, referrer)?);
        }
    }
    Ok(found)
}

/// The type and annotations that a list left out, from the manifest itself: GHCR's lists say that all are empty.
fn complete(
    session: &Arc<Session>,
    place: &Endpoint,
    image: &Pinned,
    mut found: Referrer,
) -> Result<Referrer, RegistryError> {
    if !["", EMPTY].contains(&&*found.artifact_type) {
        return Ok(found);
    }
    let manifest = get_manifest(session, place, &image.reference().with_digest(found.digest))?;
    let value: Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
    let stated = value["artifactType"].as_str().or(value["config"]["mediaType"].as_str());
    found.artifact_type = redact::text(stated.unwrap_or_default(), 200);
    found.annotations.extend(texts(&value["annotations"]));
    Ok(found)
}

fn referrer(entry: &Value) -> Option<Referrer> {
    Some(Referrer {
        digest: entry["digest"].as_str()?.parse().ok()?,
        size: entry["size"].as_u64()?,
        artifact_type: redact::text(entry["artifactType"].as_str().unwrap_or_default(), 200),
        annotations: texts(&entry["annotations"]),
    })
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let pairs = object.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The entries of the API's list, page by page; `None` where the registry does not have the API.
fn by_api(
    session: &Arc<Session>,
    place: &Endpoint,
    image: &Pinned,
) -> Result<Option<Vec<Value>>, RegistryError> {
    let scope = Scope::pull(&place.repository);
    let what = format!("referrers of `{image}`");
    let mut next = format!("{}/referrers/{}", place.repository, image.digest());
    let (mut entries, mut seen) = (Vec::new(), BTreeSet::new());
    loop {
        let url = session.url(&next)?;
        let is_first = seen.is_empty();
        if seen.len() == PAGES_MAX || !seen.insert(url.to_string()) {
            return Err(RegistryError::protocol(what, "the list has no end"));
        }
        let request = Request::new(Method::Get, url).header(ACCEPT, HeaderValue::from_static(OCI_INDEX));
        let response = session.send(request, &scope)?;
        match response.status {
            200 => {}
            // Not known here, refused as unknown, or taken for something else.
            400 | 404 | 405 | 501 if is_first => return Ok(None),
            _ => return Err(session.refuse(response, &scope)),
        }
        let link = response.header("link").map(str::to_owned);
        let bytes = response.bytes(MANIFEST_LIMIT)?;
        let list: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match list["manifests"].as_array() {
            Some(page) => entries.extend(page.iter().cloned()),
            // A page of HTML, from a server that answers everything.
            None if is_first => return Ok(None),
            None => return Err(RegistryError::protocol(what, "a page of the list is not an index")),
        }
        if entries.len() > REFERRERS_MAX {
            return Err(RegistryError::protocol(
                what,
                format!("the list has more than {REFERRERS_MAX} entries"),
            ));
        }
        next = match link.as_deref().and_then(next_page) {
            None => return Ok(Some(entries)),
            Some(page) if !page.starts_with('/') || page.starts_with("//") => {
                return Err(RegistryError::protocol(what, "the next page of the list is at another server"));
            }
            Some(page) => page.to_owned(),
        };
    }
}

/// The target of `<…>; rel="next"` (RFC 8288).
fn next_page(link: &str) -> Option<&str> {
    let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("rel=\"next\"").then_some(target)
}

/// The tag that lists the referrers of an image, where a registry has no API for it.
fn tagged(image: &Pinned) -> Result<Reference, RegistryError> {
    let tag = format!("sha256-{}", image.digest().hex());
    image.reference().with_tag(&tag).map_err(|cause| RegistryError::protocol(image.to_string(), cause))
}

/// The entries of the index under that tag; none where there is no such tag.
fn indexed(session: &Arc<Session>, place: &Endpoint, image: &Pinned) -> Result<Vec<Value>, RegistryError> {
    let tag = tagged(image)?;
    let manifest = match get_manifest(session, place, &tag) {
        Ok(manifest) => manifest,
        Err(RegistryError::NotFound { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if !manifest.is_index() {
        return Err(RegistryError::protocol(
            tag,
            "it should list the referrers of an image, but is not an index",
        ));
    }
    let index: Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
    Ok(index["manifests"].as_array().cloned().unwrap_or_default())
}

/// Adds a manifest to that index; returns the tag.
fn add(
    session: &Arc<Session>,
    place: &Endpoint,
    image: &Pinned,
    artifact: &Upload,
    digest: Digest,
) -> Result<String, RegistryError> {
    let target = tagged(image)?;
    let tag = target.tag().unwrap_or_default().to_owned();
    let manifest: Value = serde_json::from_slice(&artifact.manifest).unwrap_or_default();
    let own = json!({
        "mediaType": artifact.media_type, "digest": digest.to_string(), "size": artifact.manifest.len(),
        "artifactType": manifest["artifactType"], "annotations": manifest["annotations"],
    });
    let is_listed = |entries: &[Value]| entries.iter().any(|entry| entry["digest"] == own["digest"]);
    for _ in 0..TRIES {
        let mut entries = indexed(session, place, image)?;
        if is_listed(&entries) {
            return Ok(tag);
        }
        entries.push(own.clone());
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries }).to_string();
        let (index, media_type) = (index.into_bytes(), OCI_INDEX.to_owned());
        let upload = Upload { layers: Vec::new(), config: Vec::new(), manifest: index, media_type };
        put_manifest(session, place, &upload, &target, Digest::of(&upload.manifest))?;
        // Another process may have written its own at the same moment.
        if is_listed(&indexed(session, place, image)?) {
            return Ok(tag);
        }
    }
    Err(RegistryError::protocol(target, "other processes replace the list of referrers again and again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_that_of_its_relation() {
        assert_eq!(next_page("</v2/a/referrers/x?last=1>; rel=\"next\""), Some("/v2/a/referrers/x?last=1"));
        assert_eq!(next_page("</v2/a>; rel=\"prev\""), None);
        assert_eq!(next_page("garbage"), None);
    }
}
