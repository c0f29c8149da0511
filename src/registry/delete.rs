//! Deletes manifests.

use super::auth::Scope;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::registries::Registries;
use crate::digest::Digest;
use crate::http::{Method, Request};
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
}
