//! Deletes manifests, and finds out what tags would go with them.

use reqwest::header::ACCEPT;

use super::auth::Scope;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::pull;
use super::registries::Registries;
use crate::digest::Digest;
use crate::http::{HeaderValue, Method, Request};
use crate::reference::Reference;

impl Registries {
    /// Deletes the manifest with this digest from the repository of `reference`, with its tags. Returns whether it was
    /// there.
    ///
    /// # Errors
    /// [`RegistryError::CannotDelete`], [`RegistryError::Denied`], and whatever the way there gives.
    pub fn delete_manifest(&self, reference: &Reference, digest: Digest) -> Result<bool, RegistryError> {
        let place = Endpoint::of(reference);
        let session = self.session(&place);
        let delete = || {
            let url = session.url(&format!("{}/manifests/{digest}", place.repository))?;
            let scope = Scope::delete(&place.repository);
            let response = session.send(Request::new(Method::Delete, url), &scope)?;
            match response.status {
                200..=299 => Ok(true),
                404 => Ok(false),
                // The specification, "Deleting Manifests": deletion can be disabled.
                400 | 405 => Err(RegistryError::CannotDelete {
                    registry: place.registry.clone(),
                    status: Box::new(session.refusal(response)),
                }),
                _ => Err(session.refuse(response, &scope)),
            }
        };
        delete().map_err(|error| session.hide(error))
    }

    /// The digest of the manifest that the tag of `reference` names; `None` if it names none.
    ///
    /// # Errors
    /// [`RegistryError::Denied`], and whatever the way there gives.
    pub fn tagged(&self, reference: &Reference) -> Result<Option<Digest>, RegistryError> {
        let place = Endpoint::of(reference);
        let session = self.session(&place);
        let tagged = || {
            let (scope, name) = (Scope::pull(&place.repository), reference.identifier());
            let url = session.url(&format!("{}/manifests/{name}", place.repository))?;
            let request = Request::new(Method::Head, url);
            let request = request.header(ACCEPT, HeaderValue::from_static(pull::ACCEPT_ALL));
            let response = session.send(request, &scope)?;
            match (response.status, response.header("docker-content-digest")) {
                (200, Some(said)) => {
                    let digest = said.parse();
                    digest.map(Some).map_err(|cause| RegistryError::protocol(reference, cause))
                }
                // No HEAD here, or none that says the digest.
                (200, None) | (405, _) => match pull::get_manifest(&session, &place, reference) {
                    Ok(manifest) => Ok(Some(manifest.digest)),
                    Err(RegistryError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                },
                (404, _) => Ok(None),
                _ => Err(session.refuse(response, &scope)),
            }
        };
        tagged().map_err(|error| session.hide(error))
    }
}
