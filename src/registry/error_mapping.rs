//! Turns a refusal into an error that names the rejected credential, and contains no secret.

use super::auth::{Scope, Session, basic};
use super::error::{RegistryError, Status, UNASKED};
use crate::credentials::Credential;
use crate::http::{Reason, Response};
use crate::redact::Secret;
use crate::work::lock;

impl Session {
    /// The refusal that an answer is, with the provider of a credential that was not enough.
    pub(super) fn refuse(&self, response: Response, scope: &Scope) -> RegistryError {
        self.name_refusal(self.refusal(response), scope)
    }

    /// The refusal that an answer is. A registry that repeats our secrets must not bring them into our words.
    pub(super) fn refusal(&self, response: Response) -> Status {
        let mut status = RegistryError::refusal(response);
        let words = status.errors.iter_mut().flat_map(|one| [&mut one.code, &mut one.message]);
        self.blank(words.chain([&mut status.url]));
        status
    }

    /// The same for what comes from headers, and from the places that it leads to.
    pub(super) fn hide(&self, mut error: RegistryError) -> RegistryError {
        match &mut error {
            RegistryError::Http(cause) => {
                let to = match &mut cause.reason {
                    Reason::Redirect { to, .. } => Some(to),
                    _ => None,
                };
                self.blank(to.into_iter().chain([&mut cause.url]));
            }
            RegistryError::WrongDigest { what, actual, .. } => self.blank([what, actual]),
            RegistryError::Protocol { what, why } => self.blank([what, why]),
            RegistryError::NoPlatform { available, .. } => self.blank([available]),
            _ => {}
        }
        error
    }

    fn blank<'a>(&self, words: impl IntoIterator<Item = &'a mut String>) {
        let secrets = self.secrets();
        for text in words {
            for secret in &secrets {
                *text = text.replace(secret.expose(), "…");
            }
        }
    }

    /// What was shown to the registry and to its token service, as a header has it and as it is.
    fn secrets(&self) -> Vec<Secret> {
        let mut secrets: Vec<Secret> =
            lock(&self.tokens).values().map(|token| token.header.clone()).collect();
        for found in lock(&self.credentials).values() {
            match &found.credential {
                Credential::Anonymous => {}
                Credential::Identity(token) | Credential::Bearer(token) => secrets.push(token.clone()),
                Credential::Basic { username, password } => {
                    secrets.extend([basic(username, password), password.clone()]);
                }
            }
        }
        let bare = |secret: &Secret| {
            let text = secret.expose();
            Secret::new(text.trim_start_matches("Bearer ").trim_start_matches("Basic "))
        };
        // One or two letters are in every message, and no secret.
        secrets.iter().map(bare).filter(|secret| secret.expose().len() > 2).collect()
    }

    pub(super) fn name_refusal(&self, status: Status, scope: &Scope) -> RegistryError {
        match status.status {
            401 | 403 => {
                let provider =
                    lock(&self.credentials).get(&scope.repository).map(|found| found.provider.clone());
                let nobody = if self.asks().unwrap_or(true) { "none" } else { UNASKED };
                let provider = provider.unwrap_or_else(|| nobody.into());
                RegistryError::Denied {
                    status: Box::new(status),
                    provider,
                    registry: self.registry().to_owned(),
                    repository: scope.repository.clone(),
                }
            }
            _ => RegistryError::Status(Box::new(status)),
        }
    }
}
