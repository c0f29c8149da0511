//! Manifests, platforms and blobs, everything verified.

use std::io::Read;
use std::sync::Arc;

use reqwest::header::ACCEPT;
use serde_json::Value;

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::registries::Registries;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::http::{HeaderValue, Method, Request};
use crate::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, is_index};
use crate::redact;
use crate::reference::Reference;

/// The most that is read of a manifest or a config, in bytes (ECR's limit; OCI's recommendation).
pub const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// All four in each request: with fewer, ECR converts to what it thinks is wanted, and the digest
/// is another (`docs/reference/lambda-and-ecr.md`, "How ECR's registry behaves").
pub(super) const ACCEPT_ALL: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// A manifest or index as the registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its bytes; they have `digest`.
    pub bytes: Vec<u8>,
    /// Its media type: an image manifest's or an index's, of either family.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
}

/// The image for one architecture: its manifest and config, no layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformImage {
    /// The image manifest, never an index.
    pub manifest: Manifest,
    /// The bytes of the config; they have the digest that the manifest says.
    pub config: Vec<u8>,
    /// The digest of the index through which it was found.
    pub index: Option<Digest>,
}

impl Manifest {
    /// Whether it is an index (Docker: manifest list).
    pub fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }

    fn json(&self, what: &Reference) -> Result<Value, RegistryError> {
        serde_json::from_slice(&self.bytes)
            .map_err(|cause| RegistryError::protocol(what, format!("its manifest is not JSON: {cause}")))
    }
}

impl Registries {
    /// The manifest or index that `reference` names: by its digest, else its tag, else `latest`.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::WrongDigest`], and whatever the way there gives.
    pub fn manifest(&self, reference: &Reference) -> Result<Manifest, RegistryError> {
        let place = self.reading(reference);
        let session = self.session(&place);
        get_manifest(&session, &place, reference).map_err(|error| session.hide(error))
    }

    /// The image for `arch`, through an index where `reference` names one.
    ///
    /// # Errors
    /// [`RegistryError::NoPlatform`], and those of [`Registries::manifest`].
    pub fn image(&self, reference: &Reference, arch: Arch) -> Result<PlatformImage, RegistryError> {
        let top = self.manifest(reference)?;
        let (manifest, index) = match top.is_index() {
            false => (top, None),
            true => {
                let (digest, size) = choose(&top.json(reference)?, reference, arch)?;
                let child = reference.with_digest(digest);
                let found = self.manifest(&child)?;
                if found.is_index() {
                    return Err(RegistryError::protocol(child, "it is an index inside an index"));
                }
                if found.bytes.len() as u64 != size {
                    let why = format!("the index states {size} bytes, but it has {}", found.bytes.len());
                    return Err(RegistryError::protocol(child, why));
                }
                (found, Some(top.digest))
            }
        };
        let json = manifest.json(reference)?;
        let (digest, size) = descriptor(&json["config"]).ok_or_else(|| {
            RegistryError::protocol(reference, "its manifest has no valid config descriptor")
        })?;
        if size > MANIFEST_LIMIT {
            return Err(RegistryError::protocol(
                reference,
                format!("its config is longer than {MANIFEST_LIMIT} bytes"),
            ));
        }
        let mut config = Vec::new();
        self.blob(reference, digest, size)?
            .read_to_end(&mut config)
            .map_err(|source| RegistryError::Blob { digest, source })?;
        let parsed: Value = serde_json::from_slice(&config).map_err(|cause| {
            RegistryError::protocol(reference, format!("its config is not JSON: {cause}"))
        })?;
        let (os, found) = (text(&parsed["os"]), text(&parsed["architecture"]));
        if (os.as_str(), found.as_str()) != ("linux", arch.oci()) {
            let available = redact::text(&format!("{os}/{found}"), 60);
            return Err(RegistryError::NoPlatform { reference: reference.to_string(), arch, available });
        }
        Ok(PlatformImage { manifest, config, index })
    }
}

/// The manifest that a place has under the reference's identifier.
pub(super) fn get_manifest(
    session: &Arc<Session>,
    place: &Endpoint,
    reference: &Reference,
) -> Result<Manifest, RegistryError> {
    let url = session.url(&format!("{}/manifests/{}", place.repository, reference.identifier()))?;
    let scope = Scope::pull(&place.repository);
    let request = Request::new(Method::Get, url).header(ACCEPT, HeaderValue::from_static(ACCEPT_ALL));
    let response = session.send(request, &scope)?;
    if response.status == 404 {
        let status = Box::new(session.refusal(response));
        return Err(RegistryError::NotFound { reference: reference.to_string(), status });
    }
    if response.status != 200 {
        return Err(session.refuse(response, &scope));
    }
    let what = format!("{} {}", response.method, redact::url(&response.url));
    let said = response.header("docker-content-digest").map(str::to_owned);
    let kind = response.header("content-type").unwrap_or_default().to_owned();
    let bytes = response.bytes(MANIFEST_LIMIT)?;
    let digest = Digest::of(&bytes);
    let wrong = |expected: Digest, actual: String| RegistryError::WrongDigest {
        what: what.clone(),
        expected,
        actual,
    };
    if let Some(expected) = reference.digest().filter(|expected| *expected != digest) {
        return Err(wrong(expected, digest.to_string()));
    }
    if let Some(said) = said.filter(|said| *said != digest.to_string()) {
        return Err(wrong(digest, format!("{} by the registry's header", redact::text(&said, 80))));
    }
    let media_type = media_type(&bytes, &kind).map_err(|why| RegistryError::protocol(&what, why))?;
    Ok(Manifest { bytes, media_type: media_type.to_owned(), digest })
}

/// What the bytes are: by their own word, else the header's, else their shape.
fn media_type(bytes: &[u8], header: &str) -> Result<&'static str, String> {
    let html = header.contains("html") || bytes.trim_ascii_start().starts_with(b"<");
    let json: Value = serde_json::from_slice(bytes).map_err(|_| match html {
        true => "it is a page of HTML instead of a manifest".to_owned(),
        false => "it is not the JSON of a manifest".to_owned(),
    })?;
    let known = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];
    if json["schemaVersion"] == 1 {
        return Err("it is a Docker manifest of schema 1, which is obsolete".into());
    }
    let (index, image) =
        (json["manifests"].is_array(), json["config"].is_object() && json["layers"].is_array());
    let header = header.split(';').next().unwrap_or_default().trim();
    let kind = match (json["mediaType"].as_str(), index, image) {
        (Some(own), ..) => own,
        (None, ..) if known.contains(&header) => header,
        (None, true, _) => OCI_INDEX,
        (None, ..) => OCI_MANIFEST,
    };
    let kind = known.into_iter().find(|known| *known == kind).ok_or_else(|| {
        format!("its media type `{}` is not the media type of an image", redact::text(kind, 100))
    })?;
    // The shape must agree, or the next step would stumble.
    match if is_index(kind) { index } else { image } {
        true => Ok(kind),
        false if index || image => Err(format!("it does not have the structure of its media type `{kind}`")),
        false => Err("it is JSON with neither `config` and `layers` nor `manifests`".into()),
    }
}

/// Digest and size of a descriptor.
fn descriptor(value: &Value) -> Option<(Digest, u64)> {
    Some((value["digest"].as_str()?.parse().ok()?, value["size"].as_u64()?))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("unknown").to_owned()
}

/// The entry of an index for Linux on `arch`; the first where several match.
fn choose(index: &Value, reference: &Reference, arch: Arch) -> Result<(Digest, u64), RegistryError> {
    let entries = index["manifests"].as_array().map_or(&[][..], Vec::as_slice);
    let platform = |entry: &Value| {
        format!("{}/{}", text(&entry["platform"]["os"]), text(&entry["platform"]["architecture"]))
    };
    let wanted = format!("linux/{}", arch.oci());
    match entries.iter().find(|entry| platform(entry) == wanted) {
        Some(entry) => descriptor(entry).ok_or_else(|| {
            RegistryError::protocol(reference, format!("its entry for {wanted} is not a descriptor"))
        }),
        None => {
            // Attestations are entries of the platform unknown/unknown (BuildKit).
            let mut names: Vec<String> =
                entries.iter().map(platform).filter(|name| !name.contains("unknown")).take(20).collect();
            names.dedup();
            let available =
                if names.is_empty() { "nothing".into() } else { redact::text(&names.join(", "), 300) };
            Err(RegistryError::NoPlatform { reference: reference.to_string(), arch, available })
        }
    }
}
