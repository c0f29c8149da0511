//! A session with one registry: its scheme, its challenge, and the tokens it gave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::AUTHORIZATION;

use super::challenge::{self, Challenge};
use super::error::{RegistryError, WITHHELD};
use crate::credentials::{Credential, Keychain, Resolved};
use crate::http::{
    Body, Client, HeaderValue, Method, Purpose, Reason, Request, Response, RetryPolicy, Url, same_origin,
};
use crate::redact::Secret;
use crate::work::lock;

/// What a request may do: the repository it is about, and the others it reads from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) repository: String,
    pub(super) push: bool,
    pub(super) delete: bool,
    /// The repository that a mount takes from.
    pub(super) from: Option<String>,
}

impl Scope {
    pub(super) fn pull(repository: &str) -> Self {
        Self { repository: repository.to_owned(), push: false, delete: false, from: None }
    }

    pub(super) fn push(repository: &str) -> Self {
        Self { push: true, ..Self::pull(repository) }
    }

    pub(super) fn delete(repository: &str) -> Self {
        Self { delete: true, ..Self::pull(repository) }
    }

    pub(super) fn parameters(&self) -> Vec<String> {
        // Nothing in particular: whether we are let in at all.
        if self.repository.is_empty() {
            return Vec::new();
        }
        let actions = match (self.push, self.delete) {
            (_, true) => "pull,delete",
            (true, false) => "pull,push",
            (false, false) => "pull",
        };
        let own = format!("repository:{}:{actions}", self.repository);
        let from = self.from.as_ref().map(|from| format!("repository:{from}:pull"));
        std::iter::once(own).chain(from).collect()
    }
}

/// One registry.
pub(super) struct Session {
    pub(super) http: Client,
    keychain: Arc<dyn Keychain>,
    /// The registry as credentials know it.
    registry: String,
    api: String,
    /// What the ping found. Held while pinging: one ping for all threads.
    opened: Mutex<Option<Opened>>,
    pub(super) tokens: Mutex<HashMap<Scope, Token>>,
    pub(super) credentials: Mutex<HashMap<String, Resolved>>,
    /// How uploads go, once one of them taught it.
    pub(super) way: Mutex<super::quirks::Way>,
}

/// What the ping of a registry found.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) base: Url,
    pub(super) challenge: Option<Challenge>,
}

/// A value of `Authorization` and its end.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) header: Secret,
    pub(super) until: Instant,
}

impl Session {
    pub(super) fn new(http: Client, keychain: Arc<dyn Keychain>, registry: String, api: String) -> Self {
        Self {
            http,
            keychain,
            registry,
            api,
            opened: Mutex::default(),
            tokens: Mutex::default(),
            credentials: Mutex::default(),
            way: Mutex::new(super::quirks::Way::Stream),
        }
    }

    pub(super) fn registry(&self) -> &str {
        &self.registry
    }

    pub(super) fn api(&self) -> &str {
        &self.api
    }

    pub(super) fn retry(&self) -> &RetryPolicy {
        self.http.retry()
    }

    /// The URL of a path below `/v2/`.
    pub(super) fn url(&self, path: &str) -> Result<Url, RegistryError> {
        let base = self.open()?.base;
        base.join(path).map_err(|cause| RegistryError::protocol(path, cause))
    }

    /// Sends a request of `/v2/`, retried; a 401 gets one new credential.
    pub(super) fn send(&self, request: Request, scope: &Scope) -> Result<Response, RegistryError> {
        self.send_by(&self.http, request, scope)
    }

    /// The same without retries: for what must begin again in a new upload session.
    pub(super) fn send_once(&self, request: Request, scope: &Scope) -> Result<Response, RegistryError> {
        self.send_by(&self.http.with_retry(RetryPolicy::never()), request, scope)
    }

    fn send_by(&self, http: &Client, request: Request, scope: &Scope) -> Result<Response, RegistryError> {
        let opened = self.open()?;
        let ours = same_origin(&request.url, &opened.base);
        let with = |header: Option<Secret>| -> Result<Request, RegistryError> {
            let mut request = request.clone();
            if let Some(header) = header.filter(|_| ours) {
                request.headers.insert(AUTHORIZATION, sensitive(&header)?);
            }
            Ok(request)
        };
        let shown = self.authorization(&opened, scope)?;
        let response = http.send(with(shown.clone())?, Purpose::Registry)?;
        // Whoever a redirect leads to must not name the service that gets our password
        // (CVE-2020-15157 of containerd).
        if response.status != 401 || !ours || !same_origin(&response.url, &opened.base) {
            return Ok(response);
        }
        // Expired in the middle of a push, or a registry whose ping asks for nothing.
        let asked = challenge::parse(&response.headers).or_else(|| opened.challenge.clone());
        let Some(asked) = asked else { return Ok(response) };
        self.forget(scope);
        let renewed = Opened { challenge: Some(asked), ..opened };
        *lock(&self.opened) = Some(renewed.clone());
        let header = self.authorization(&renewed, scope)?;
        let Some(header) = header.filter(|header| Some(header) != shown.as_ref()) else {
            return Ok(response);
        };
        if matches!(request.body, Body::Stream { .. } | Body::Chunks { .. }) {
            // The bytes may be half in the session: the caller begins a new one, with the new token.
            return Ok(response);
        }
        Ok(http.send(with(Some(header))?, Purpose::Registry)?)
    }

    /// The scheme and the challenge, asked once.
    fn open(&self) -> Result<Opened, RegistryError> {
        let mut opened = lock(&self.opened);
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let base = |scheme: &str| {
            let text = format!("{scheme}://{}/v2/", self.api);
            Url::parse(&text).map_err(|cause| RegistryError::protocol(text, cause))
        };
        let (secure, plain) = (base("https")?, base("http")?);
        let ping =
            |http: &Client, url: &Url| http.send(Request::new(Method::Get, url.clone()), Purpose::Registry);
        let (base, answer) = if self.http.may_be_plain(&plain) {
            // TLS where the host has it. Whoever answers TLS with a bad certificate is not asked
            // in plain text.
            match ping(&self.http.with_retry(RetryPolicy::never()), &secure) {
                Ok(answer) => (secure, answer),
                Err(cause) if is_untrusted(&cause) => return Err(cause.into()),
                Err(_) => (plain.clone(), ping(&self.http, &plain)?),
            }
        } else {
            let answer = ping(&self.http, &secure)?;
            (secure, answer)
        };
        let asks = answer.status == 401 && same_origin(&answer.url, &base);
        let challenge = if asks { challenge::parse(&answer.headers) } else { None };
        // A registry that answers its ping with anything else may still serve images.
        let found = Opened { base, challenge };
        *opened = Some(found.clone());
        Ok(found)
    }

    /// Whether the registry asks who we are.
    pub(super) fn asks(&self) -> Result<bool, RegistryError> {
        Ok(self.open()?.challenge.is_some())
    }

    fn forget(&self, scope: &Scope) {
        lock(&self.tokens).remove(scope);
        lock(&self.credentials).remove(&scope.repository);
        self.keychain.forget(&self.registry);
    }

    fn credential(&self, opened: &Opened, repository: &str) -> Result<Resolved, RegistryError> {
        let mut known = lock(&self.credentials);
        if let Some(found) = known.get(repository)
            && found.renew.is_none_or(|renew| Instant::now() < renew)
        {
            return Ok(found.clone());
        }
        let found = if self.http.may_tell(&opened.base) {
            let asked = self.keychain.resolve(&self.registry, repository);
            asked
                .map_err(|source| RegistryError::Credentials {
                    host: self.registry.clone(),
                    source: Box::new(source),
                })?
                .unwrap_or_else(Resolved::anonymous)
        } else {
            // Nor to a token service with TLS: whoever answers in clear names which.
            Resolved { provider: WITHHELD.into(), ..Resolved::anonymous() }
        };
        known.insert(repository.to_owned(), found.clone());
        Ok(found)
    }

    /// The value of `Authorization` for this scope; `None` where there is nothing to show.
    fn authorization(&self, opened: &Opened, scope: &Scope) -> Result<Option<Secret>, RegistryError> {
        let Some(challenge) = &opened.challenge else { return Ok(None) };
        if let Some(token) = lock(&self.tokens).get(scope)
            && Instant::now() < token.until
        {
            return Ok(Some(token.header.clone()));
        }
        let credential = self.credential(opened, &scope.repository)?.credential;
        match (challenge, &credential) {
            (_, Credential::Bearer(token)) => Ok(Some(bearer(token.expose()))),
            (Challenge::Basic, Credential::Basic { username, password }) => {
                Ok(Some(basic(username, password)))
            }
            (Challenge::Basic, Credential::Identity(token)) => Ok(Some(basic("<token>", token))),
            (Challenge::Basic, Credential::Anonymous) => Ok(None),
            (Challenge::Bearer { realm, service }, _) => {
                let token = self.fetch(opened, realm, service.as_deref(), scope, &credential)?;
                lock(&self.tokens).insert(scope.clone(), token.clone());
                Ok(Some(token.header))
            }
        }
    }
}

/// Whether TLS was spoken and came to nothing, which plain text must not paper over.
fn is_untrusted(cause: &crate::http::HttpError) -> bool {
    matches!(cause.reason, Reason::Tls(_) | Reason::Client(_))
}

pub(super) fn bearer(token: &str) -> Secret {
    Secret::new(format!("Bearer {token}"))
}

pub(super) fn basic(username: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose()))))
}

pub(super) fn sensitive(secret: &Secret) -> Result<HeaderValue, RegistryError> {
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| {
        RegistryError::protocol("a credential", "it has characters that an HTTP header cannot contain")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
