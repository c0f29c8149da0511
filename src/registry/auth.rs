//! A session with one registry: its scheme, its challenge, and the tokens it gave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;

use super::challenge::{self, Challenge};
use super::error::{Error, Status};
use super::lock;
use crate::credentials::{Credential, Keychain, Resolved};
use crate::http::{
    Body, Client, HeaderValue, Method, Purpose, Reason, Request, Response, RetryPolicy, Url, is_private,
    same_origin,
};
use crate::redact::Secret;

/// The most that is read of a token service's answer, in bytes.
const TOKEN_LIMIT: u64 = 1024 * 1024;
/// How long a token lasts that does not say so (distribution's token specification).
const TOKEN_LIFE: Duration = Duration::from_secs(60);

/// What a request may do: the repository it is about, and the others it reads from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) repository: String,
    pub(super) push: bool,
    /// The repository that a mount takes from.
    pub(super) from: Option<String>,
}

impl Scope {
    pub(super) fn pull(repository: &str) -> Self {
        Self { repository: repository.to_owned(), push: false, from: None }
    }

    pub(super) fn push(repository: &str) -> Self {
        Self { push: true, ..Self::pull(repository) }
    }

    fn parameters(&self) -> Vec<String> {
        let actions = if self.push { "pull,push" } else { "pull" };
        let own = format!("repository:{}:{actions}", self.repository);
        let from = self.from.as_ref().map(|from| format!("repository:{from}:pull"));
        std::iter::once(own).chain(from).collect()
    }
}

/// One registry.
pub(super) struct Session {
    http: Client,
    keychain: Arc<dyn Keychain>,
    /// The registry as credentials know it.
    registry: String,
    api: String,
    /// What the ping found. Held while pinging: one ping for all threads.
    opened: Mutex<Option<Opened>>,
    tokens: Mutex<HashMap<Scope, Token>>,
    credentials: Mutex<HashMap<String, Resolved>>,
    /// How uploads go, once one of them taught it.
    pub(super) way: Mutex<super::quirks::Way>,
}

#[derive(Clone)]
struct Opened {
    base: Url,
    challenge: Option<Challenge>,
}

#[derive(Clone)]
struct Token {
    header: Secret,
    until: Instant,
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
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        let base = self.open()?.base;
        base.join(path).map_err(|cause| Error::protocol(path, cause))
    }

    /// Sends a request of `/v2/`, retried; a 401 gets one new credential.
    pub(super) fn send(&self, request: Request, scope: &Scope) -> Result<Response, Error> {
        self.send_by(&self.http, request, scope)
    }

    /// The same without retries: for what must begin anew in a new upload session.
    pub(super) fn send_once(&self, request: Request, scope: &Scope) -> Result<Response, Error> {
        self.send_by(&self.http.with_retry(RetryPolicy::never()), request, scope)
    }

    fn send_by(&self, http: &Client, request: Request, scope: &Scope) -> Result<Response, Error> {
        let opened = self.open()?;
        let ours = same_origin(&request.url, &opened.base);
        let with = |header: Option<Secret>| -> Result<Request, Error> {
            let mut request = request.clone();
            if let Some(header) = header.filter(|_| ours) {
                request.headers.insert(AUTHORIZATION, sensitive(&header)?);
            }
            Ok(request)
        };
        let shown = self.authorization(&opened, scope)?;
        let response = http.send(with(shown.clone())?, Purpose::Registry)?;
        if response.status != 401 || !ours {
            return Ok(response);
        }
        // Expired in the middle of a push, or a registry whose ping asks for nothing.
        let asked = challenge::parse(&response.headers).or_else(|| opened.challenge.clone());
        let Some(asked) = asked else { return Ok(response) };
        self.forget(scope);
        let renewed = Opened { challenge: Some(asked), ..opened };
        let header = self.authorization(&renewed, scope)?;
        let Some(header) = header.filter(|header| Some(header) != shown.as_ref()) else {
            return Ok(response);
        };
        if matches!(request.body, Body::Stream { .. }) {
            // The bytes may be half in the session: the caller begins a new one, with the new token.
            return Ok(response);
        }
        *lock(&self.opened) = Some(renewed);
        Ok(http.send(with(Some(header))?, Purpose::Registry)?)
    }

    /// The refusal that an answer is, with the provider of a credential that was not enough.
    pub(super) fn refuse(&self, response: Response, scope: &Scope) -> Error {
        self.name_refusal(Error::refusal(response), scope)
    }

    pub(super) fn name_refusal(&self, status: Status, scope: &Scope) -> Error {
        match status.status {
            401 | 403 => {
                let provider =
                    lock(&self.credentials).get(&scope.repository).map(|found| found.provider.clone());
                let provider = provider.unwrap_or_else(|| "none".into());
                Error::Denied { status: Box::new(status), provider }
            }
            _ => Error::Status(Box::new(status)),
        }
    }

    /// The scheme and the challenge, asked once.
    fn open(&self) -> Result<Opened, Error> {
        let mut opened = lock(&self.opened);
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let base = |scheme: &str| {
            let text = format!("{scheme}://{}/v2/", self.api);
            Url::parse(&text).map_err(|cause| Error::protocol(text, cause))
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
        let challenge = if answer.status == 401 { challenge::parse(&answer.headers) } else { None };
        // A registry that answers its ping with anything else may still serve images.
        let found = Opened { base, challenge };
        *opened = Some(found.clone());
        Ok(found)
    }

    fn forget(&self, scope: &Scope) {
        lock(&self.tokens).remove(scope);
        lock(&self.credentials).remove(&scope.repository);
        self.keychain.forget(&self.registry);
    }

    fn credential(&self, repository: &str) -> Result<Resolved, Error> {
        let mut known = lock(&self.credentials);
        if let Some(found) = known.get(repository)
            && found.renew.is_none_or(|renew| Instant::now() < renew)
        {
            return Ok(found.clone());
        }
        let found = self
            .keychain
            .resolve(&self.registry, repository)
            .map_err(|source| Error::Credentials { host: self.registry.clone(), source })?
            .unwrap_or_else(Resolved::anonymous);
        known.insert(repository.to_owned(), found.clone());
        Ok(found)
    }

    /// The value of `Authorization` for this scope; `None` where there is nothing to show.
    fn authorization(&self, opened: &Opened, scope: &Scope) -> Result<Option<Secret>, Error> {
        let Some(challenge) = &opened.challenge else { return Ok(None) };
        if let Some(token) = lock(&self.tokens).get(scope)
            && Instant::now() < token.until
        {
            return Ok(Some(token.header.clone()));
        }
        let credential = self.credential(&scope.repository)?.credential;
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

    fn fetch(
        &self,
        opened: &Opened,
        realm: &str,
        service: Option<&str>,
        scope: &Scope,
        credential: &Credential,
    ) -> Result<Token, Error> {
        let url = self.realm(opened, realm)?;
        let get = || -> Result<Response, Error> {
            let mut url = url.clone();
            url.query_pairs_mut()
                .extend_pairs(service.map(|service| ("service", service)))
                .extend_pairs(scope.parameters().iter().map(|scope| ("scope", scope)));
            let mut request = Request::new(Method::Get, url);
            if let Credential::Basic { username, password } = credential {
                request.headers.insert(AUTHORIZATION, sensitive(&basic(username, password))?);
            }
            Ok(self.http.send(request, Purpose::Token)?)
        };
        let post = |grant: &[(&str, &str)]| -> Result<Response, Error> {
            let mut form = Url::parse("form:x").map_err(|cause| Error::protocol(realm, cause))?;
            form.query_pairs_mut()
                .extend_pairs(grant)
                .extend_pairs(service.map(|service| ("service", service)))
                .append_pair("scope", &scope.parameters().join(" "))
                .append_pair("client_id", "lambda-img");
            let body = form.query().unwrap_or_default().as_bytes();
            let request = Request::new(Method::Post, url.clone())
                .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
                .body(Body::Bytes(body.into()));
            Ok(self.http.send(request, Purpose::Token)?)
        };
        let response = match credential {
            Credential::Identity(token) => {
                post(&[("grant_type", "refresh_token"), ("refresh_token", token.expose())])?
            }
            Credential::Basic { username, password } => {
                let answer = get()?;
                match answer.status {
                    // Services of OAuth 2 alone have no GET.
                    404 | 405 => {
                        let password = ("password", password.expose());
                        post(&[("grant_type", "password"), ("username", username), password])?
                    }
                    _ => answer,
                }
            }
            _ => get()?,
        };
        self.token(response, scope)
    }

    fn token(&self, response: Response, scope: &Scope) -> Result<Token, Error> {
        #[derive(Deserialize)]
        struct Answer {
            token: Option<Secret>,
            access_token: Option<Secret>,
            expires_in: Option<u64>,
        }
        if response.status != 200 {
            return Err(self.refuse(response, scope));
        }
        let what = format!("{} {}", response.method, crate::redact::url(&response.url));
        // The answer is a secret: its text stays out of messages.
        let answer: Answer = serde_json::from_slice(&response.bytes(TOKEN_LIMIT)?)
            .map_err(|_| Error::protocol(&what, "the token service's answer is not the JSON of a token"))?;
        let token = [answer.token, answer.access_token].into_iter().flatten().find(|token| !token.is_empty());
        let token = token.ok_or_else(|| Error::protocol(&what, "the token service's answer has no token"))?;
        let life =
            answer.expires_in.map_or(TOKEN_LIFE, Duration::from_secs).clamp(TOKEN_LIFE, TOKEN_LIFE * 60);
        // Renewed a little early: an answer takes time to travel.
        Ok(Token { header: bearer(token.expose()), until: Instant::now() + life.mul_f32(0.9) })
    }

    /// The token service's URL, where it may be shown a password.
    fn realm(&self, opened: &Opened, realm: &str) -> Result<Url, Error> {
        let url = opened.base.join(realm).map_err(|_| {
            Error::protocol(
                &self.registry,
                format!("the token service `{}` is no URL", crate::redact::text(realm, 100)),
            )
        })?;
        let request = Request::new(Method::Get, url.clone());
        let refused = |why| {
            let to = crate::redact::url(&url);
            Err(Error::Http(
                Request::new(Method::Get, opened.base.clone()).error(Reason::Redirect { to, why }),
            ))
        };
        if opened.base.scheme() == "https" && url.scheme() != "https" {
            return refused("the token service leaves TLS");
        }
        if url.scheme() != "https" && !self.http.may_be_plain(&url) {
            return Err(request.error(Reason::Plain).into());
        }
        // A registry on the internet must not point us at what only we can reach.
        if url.host_str() != opened.base.host_str() && is_private(&url) && !is_private(&opened.base) {
            return refused("a token service must not lead to a private address");
        }
        Ok(url)
    }
}

/// Whether TLS was spoken and came to nothing, which plain text must not paper over.
fn is_untrusted(cause: &crate::http::Error) -> bool {
    matches!(cause.reason, Reason::Tls(_) | Reason::Client(_))
}

fn bearer(token: &str) -> Secret {
    Secret::new(format!("Bearer {token}"))
}

fn basic(username: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose()))))
}

fn sensitive(secret: &Secret) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| Error::protocol("a credential", "it has characters that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}
