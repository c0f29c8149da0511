//! Asks a registry (`GET /v2/`) whether it accepts the credentials.

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::registries::Registries;
use crate::http::{Method, Request};

/// How a registry answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// It asks for no credential.
    Open,
    /// It asked, and accepted the credential, or gave a token to an anonymous client.
    Accepted,
}

impl Registries {
    /// Asks the registry at `host` (`host[:port]`) for nothing, with the credential for `repository`
    /// where one is named.
    ///
    /// # Errors
    /// [`RegistryError::Denied`] where the credential, or the lack of one, is refused; and whatever the way
    /// there gives.
    pub fn ping(&self, host: &str, repository: Option<&str>) -> Result<Welcome, RegistryError> {
        let place = Endpoint::at(host, repository.unwrap_or_default());
        let session = self.session(&place);
        self.knock(&session, &place).map_err(|error| session.hide(error))
    }

    fn knock(&self, session: &Session, place: &Endpoint) -> Result<Welcome, RegistryError> {
        let scope = Scope::pull(&place.repository);
        if !session.asks()? {
            return Ok(Welcome::Open);
        }
        let response = session.send(Request::new(Method::Get, session.url("")?), &scope)?;
        match response.status {
            200..=299 => Ok(Welcome::Accepted),
            _ => Err(session.refuse(response, &scope)),
        }
    }
}
