//! GitHub Actions: the job's identity token, exchanged at STS for a role's credentials.

use aws_credential_types::Credentials;
use reqwest::header::AUTHORIZATION;

use super::EcrError;
use super::api::{Call, session};
use crate::http::{HeaderValue, Method, Purpose, Request, Url};
use crate::redact::Secret;

/// The most that is read of GitHub's answer, in bytes.
const LIMIT: u64 = 64 * 1024;

/// What a job with `permissions: id-token: write` has in its environment.
pub(super) struct GitHub {
    url: String,
    token: Secret,
    role: String,
    session: String,
}

impl GitHub {
    /// From `ACTIONS_ID_TOKEN_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN` and `AWS_ROLE_ARN`, where
    /// all three are set.
    pub(super) fn from_environment() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Some(Self {
            url: variable("ACTIONS_ID_TOKEN_REQUEST_URL")?,
            token: Secret::new(variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?),
            role: variable("AWS_ROLE_ARN")?,
            session: variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "lambda-img".into()),
        })
    }

    /// The role's credentials, by AssumeRoleWithWebIdentity, which needs no signature.
    pub(super) fn credentials(&self, sts: &Call<'_>) -> Result<Credentials, EcrError> {
        let web_identity = self.web_identity(sts)?;
        let form = [
            ("RoleArn", self.role.as_str()),
            ("RoleSessionName", &self.session),
            ("WebIdentityToken", web_identity.expose()),
        ];
        let xml = sts.sts(&form, None)?;
        session(sts, &xml, "GitHub Actions OIDC")
    }

    fn web_identity(&self, sts: &Call<'_>) -> Result<Secret, EcrError> {
        let error = |why: String| EcrError::Answer { action: "GitHub Actions OIDC".into(), why };
        let mut url: Url = self.url.parse().map_err(|cause| error(format!("its URL is invalid: {cause}")))?;
        url.query_pairs_mut().append_pair("audience", "sts.amazonaws.com");
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.token.expose()))
            .map_err(|_| error("its token has characters that an HTTP header cannot contain".into()))?;
        value.set_sensitive(true);
        let request = Request::new(Method::Get, url).header(AUTHORIZATION, value);
        let http = |source| EcrError::Http { action: "GitHub Actions OIDC".into(), source };
        let response = sts.http.send(request, Purpose::Token).map_err(http)?;
        let status = response.status;
        let body = response.bytes(LIMIT).map_err(http)?;
        #[derive(serde::Deserialize)]
        struct Answer {
            value: Secret,
        }
        match serde_json::from_slice::<Answer>(&body) {
            Ok(answer) if status == 200 => Ok(answer.value),
            // The body may be a token: not shown.
            _ => Err(error(format!("status {status}, without a token"))),
        }
    }
}
