//! Tokens of a registry's token service: by GET, and by POST for identity tokens and OAuth 2.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;

use super::auth::{Opened, Scope, Session, Token, basic, bearer, sensitive};
use super::error::RegistryError;
use crate::credentials::Credential;
use crate::http::{Body, HeaderValue, Method, Purpose, Reason, Request, Response, Url, is_private};
use crate::redact::Secret;

/// The most that is read of a token service's answer, in bytes.
const TOKEN_LIMIT: u64 = 1024 * 1024;
/// How long a token lasts that does not say so (distribution's token specification).
const TOKEN_LIFE: Duration = Duration::from_secs(60);

impl Session {
    /// A token for this scope from the service at `realm`.
    pub(super) fn fetch(
        &self,
        opened: &Opened,
        realm: &str,
        service: Option<&str>,
        scope: &Scope,
        credential: &Credential,
    ) -> Result<Token, RegistryError> {
        let url = self.realm(opened, realm)?;
        let get = || -> Result<Response, RegistryError> {
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
        let post = |grant: &[(&str, &str)]| -> Result<Response, RegistryError> {
            let mut form = Url::parse("form:x").map_err(|cause| RegistryError::protocol(realm, cause))?;
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

    fn token(&self, response: Response, scope: &Scope) -> Result<Token, RegistryError> {
        #[derive(Deserialize)]
        struct Answer {
            token: Option<Secret>,
            access_token: Option<Secret>,
            /// Anything: who lies about it gets the usual.
            expires_in: Option<serde_json::Value>,
        }
        if response.status != 200 {
            return Err(self.refuse(response, scope));
        }
        let what = format!("{} {}", response.method, crate::redact::url(&response.url));
        // The answer is a secret: its text stays out of messages.
        let answer: Answer = serde_json::from_slice(&response.bytes(TOKEN_LIMIT)?).map_err(|_| {
            RegistryError::protocol(&what, "the token service's answer is not the JSON of a token")
        })?;
        let token = [answer.token, answer.access_token].into_iter().flatten().find(|token| !token.is_empty());
        let token =
            token.ok_or_else(|| RegistryError::protocol(&what, "the token service's answer has no token"))?;
        let life = answer.expires_in.and_then(|life| life.as_u64());
        let life = life.map_or(TOKEN_LIFE, Duration::from_secs).clamp(TOKEN_LIFE, TOKEN_LIFE * 60);
        // Renewed a little early: an answer takes time to travel.
        Ok(Token { header: bearer(token.expose()), until: Instant::now() + life.mul_f32(0.9) })
    }

    /// The token service's URL, where it may be shown a password.
    fn realm(&self, opened: &Opened, realm: &str) -> Result<Url, RegistryError> {
        let url = opened.base.join(realm).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| {
            let shown = crate::redact::text(realm, 100);
            RegistryError::protocol(
                self.registry(),
                format!("the token service `{shown}` is not an HTTP URL"),
            )
        })?;
        let request = Request::new(Method::Get, url.clone());
        let refused = |why| {
            let to = crate::redact::url(&url);
            Err(RegistryError::Http(
                Request::new(Method::Get, opened.base.clone()).error(Reason::Redirect { to, why }),
            ))
        };
        if opened.base.scheme() == "https" && url.scheme() != "https" {
            return refused("the token service has plain HTTP, but the registry has HTTPS");
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
