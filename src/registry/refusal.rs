//! What an answer refuses, and whose credential was not enough; never with our own secrets in it.

use super::auth::{Scope, Session, basic};
use super::error::{Error, Status, UNASKED};
use super::lock;
use crate::credentials::Credential;
use crate::http::Response;
use crate::redact::Secret;

impl Session {
    /// The refusal that an answer is, with the provider of a credential that was not enough.
    pub(super) fn refuse(&self, response: Response, scope: &Scope) -> Error {
        self.name_refusal(self.refusal(response), scope)
    }

    /// The refusal that an answer is. A registry that repeats our secret in its words must not bring
    /// it into ours.
    pub(super) fn refusal(&self, response: Response) -> Status {
        let mut status = Error::refusal(response);
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
        for secret in &secrets {
            let text = secret.expose().trim_start_matches("Bearer ").trim_start_matches("Basic ");
            // One or two letters are in every message, and no secret.
            if text.len() > 2 {
                for error in &mut status.errors {
                    error.code = error.code.replace(text, "…");
                    error.message = error.message.replace(text, "…");
                }
            }
        }
        status
    }

    pub(super) fn name_refusal(&self, status: Status, scope: &Scope) -> Error {
        match status.status {
            401 | 403 => {
                let provider =
                    lock(&self.credentials).get(&scope.repository).map(|found| found.provider.clone());
                let nobody = if self.asks().unwrap_or(true) { "none" } else { UNASKED };
                let provider = provider.unwrap_or_else(|| nobody.into());
                Error::Denied {
                    status: Box::new(status),
                    provider,
                    registry: self.registry().to_owned(),
                    repository: scope.repository.clone(),
                }
            }
            _ => Error::Status(Box::new(status)),
        }
    }
}
