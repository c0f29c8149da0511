//! ECR as a keychain: AWS credentials turned into a registry password, kept for half its life.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::api::{Call, session};
use super::chain::SdkChain;
use super::oidc::GitHub;
use super::request::element;
use super::{EcrError, EcrHost, Login};
use crate::credentials::{Credential, Keychain, RepositoryCreator, Resolved};
use crate::http::{Client, Response};
use crate::redact::Secret;
use crate::work::lock;

/// The providers in the order of asking, for messages.
const TRIED: &str =
    "environment, profiles (roles, SSO, process), web identity, ECS/EKS, EC2 (IMDSv2), GitHub Actions OIDC";

/// Other addresses of AWS's services, for tests and private networks.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// ECR's API.
    pub ecr: Option<String>,
    /// STS.
    pub sts: Option<String>,
    /// Lambda.
    pub lambda: Option<String>,
    /// CloudWatch.
    pub cloudwatch: Option<String>,
    /// Inspector.
    pub inspector: Option<String>,
    /// AWS KMS.
    pub kms: Option<String>,
}

impl Endpoints {
    /// `AWS_ENDPOINT_URL_ECR`, `_STS`, `_LAMBDA`, `_CLOUDWATCH`, `_INSPECTOR2` and `_KMS`, else `AWS_ENDPOINT_URL` (AWS
    /// SDKs and Tools Reference Guide, service-specific endpoints).
    pub fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let of = |name| variable(name).or_else(|| variable("AWS_ENDPOINT_URL"));
        Self {
            ecr: of("AWS_ENDPOINT_URL_ECR"),
            sts: of("AWS_ENDPOINT_URL_STS"),
            lambda: of("AWS_ENDPOINT_URL_LAMBDA"),
            cloudwatch: of("AWS_ENDPOINT_URL_CLOUDWATCH"),
            inspector: of("AWS_ENDPOINT_URL_INSPECTOR2"),
            kms: of("AWS_ENDPOINT_URL_KMS"),
        }
    }
}

/// Whose credentials are used (STS GetCallerIdentity).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's twelve digits.
    pub account: String,
    /// The ARN of the user or role session.
    pub arn: String,
}

/// ECR's tokens and repositories.
pub struct Ecr {
    pub(super) http: Client,
    pub(super) endpoints: Endpoints,
    chain: SdkChain,
    tokens: Mutex<HashMap<EcrHost, Resolved>>,
    logins: HashMap<EcrHost, Login>,
    keys: Option<Credentials>,
    /// Credentials for other services, until they end.
    pub(super) kept: Mutex<HashMap<EcrHost, Credentials>>,
}

impl Ecr {
    /// Asks over `http`, at `endpoints` where they are set.
    pub fn new(http: Client, endpoints: Endpoints) -> Self {
        Self {
            http,
            endpoints,
            chain: SdkChain::default(),
            tokens: Mutex::default(),
            logins: HashMap::new(),
            kept: Mutex::default(),
            keys: None,
        }
    }

    /// The same, with logins of their own for some registries (`host`); hosts that are not ECR's have none.
    pub fn with_logins<'a>(mut self, logins: impl IntoIterator<Item = (&'a str, Login)>) -> Self {
        let of_ecr = |(host, login): (&str, _)| Some((EcrHost::parse(host)?, login));
        self.logins.extend(logins.into_iter().filter_map(of_ecr));
        self
    }

    /// The same with these AWS credentials in the place of the usual sources.
    pub fn with_keys(mut self, id: &str, secret: &Secret) -> Self {
        self.keys = Some(Credentials::new(id, secret.expose(), None, None, "given"));
        self
    }

    /// Who we are in AWS, as the registry `host` will see us.
    ///
    /// # Errors
    /// There are no credentials, or STS does not answer.
    pub fn identity(&self, host: &EcrHost) -> Result<Identity, EcrError> {
        let endpoint = self.sts(host);
        let call = self.call(&endpoint, host, "sts:GetCallerIdentity");
        let xml = call.sts(&[], Some(self.credentials(host)?))?;
        let field = |name| element(&xml, name).ok_or_else(|| call.error(format!("the answer has no {name}")));
        Ok(Identity { account: field("Account")?, arn: field("Arn")? })
    }

    /// Creates a repository with immutable tags and scan on push; no error where it is there.
    ///
    /// # Errors
    /// Where AWS refuses.
    pub fn create_repository(&self, host: &EcrHost, repository: &str) -> Result<(), EcrError> {
        let body = json!({
            "registryId": host.account,
            "repositoryName": repository,
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": true},
        });
        let endpoint = self.ecr(host);
        match self.call(&endpoint, host, "ecr:CreateRepository").ecr(self.credentials(host)?, &body) {
            Err(error) if error.has_code("RepositoryAlreadyExistsException") => Ok(()),
            done => done.map(|_| ()),
        }
    }

    pub(super) fn ecr(&self, host: &EcrHost) -> String {
        self.endpoints.ecr.clone().unwrap_or_else(|| host.ecr_api())
    }

    fn sts(&self, host: &EcrHost) -> String {
        self.endpoints.sts.clone().unwrap_or_else(|| host.sts_api())
    }

    pub(super) fn call<'a>(&'a self, endpoint: &'a str, host: &'a EcrHost, action: &'a str) -> Call<'a> {
        Call { http: &self.http, endpoint, region: &host.region, action }
    }

    pub(super) fn credentials(&self, host: &EcrHost) -> Result<Credentials, EcrError> {
        let login = self.logins.get(host);
        let first = match login.and_then(|login| login.profile.as_deref()) {
            Some(profile) => self.chain.credentials(&host.region, Some(profile)).map_err(|why| {
                EcrError::NoCredentials { tried: "the profile that is set for this registry", why }
            }),
            None => self.usual(host),
        }?;
        match login.and_then(|login| login.role.as_deref()) {
            Some(role) => {
                let endpoint = self.sts(host);
                let call = self.call(&endpoint, host, "sts:AssumeRole");
                let xml = call.sts(&[("RoleArn", role), ("RoleSessionName", "lambda-img")], Some(first))?;
                session(&call, &xml, "AssumeRole")
            }
            None => Ok(first),
        }
    }

    /// Those of the chain, else of GitHub's job.
    fn usual(&self, host: &EcrHost) -> Result<Credentials, EcrError> {
        if let Some(keys) = &self.keys {
            return Ok(keys.clone());
        }
        let why = match self.chain.credentials(&host.region, None) {
            Ok(credentials) => return Ok(credentials),
            Err(why) => why,
        };
        match GitHub::from_environment() {
            Some(github) => {
                let endpoint = self.sts(host);
                github.credentials(&self.call(&endpoint, host, "sts:AssumeRoleWithWebIdentity"))
            }
            None => Err(EcrError::NoCredentials { tried: TRIED, why }),
        }
    }

    fn token(&self, host: &EcrHost) -> Result<Resolved, EcrError> {
        let endpoint = self.ecr(host);
        let call = self.call(&endpoint, host, "ecr:GetAuthorizationToken");
        let (json, response) = call.ecr(self.credentials(host)?, &json!({}))?;
        let data = &json["authorizationData"][0];
        let token = data["authorizationToken"].as_str().and_then(|token| STANDARD.decode(token).ok());
        let token = token.and_then(|token| String::from_utf8(token).ok());
        let (username, password) = token
            .as_deref()
            .and_then(|token| token.split_once(':'))
            .ok_or_else(|| call.error("the answer has no token of the form base64(user:password)"))?;
        let life = life(data["expiresAt"].as_f64(), &response);
        Ok(Resolved {
            credential: Credential::Basic { username: username.to_owned(), password: Secret::new(password) },
            provider: "AWS (ecr:GetAuthorizationToken)".into(),
            // At half its life, as the credential helper of AWS does.
            renew: Some(Instant::now() + life / 2),
            life: Some(life),
        })
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<EcrHost, Resolved>> {
        lock(&self.tokens)
    }
}

/// How long a token lasts, measured by the server's clock: ours may be wrong. 12 h where it does
/// not say.
fn life(expires: Option<f64>, response: &Response) -> Duration {
    const USUAL: Duration = Duration::from_secs(12 * 3600);
    const LEAST: f64 = 120.0;
    let now = response.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    match (expires, now) {
        (Some(expires), Some(now)) => {
            let seconds = expires - now.timestamp().as_second() as f64;
            // Never so short that each request of a push would fetch its own.
            Duration::try_from_secs_f64(seconds.max(LEAST)).unwrap_or(USUAL).min(USUAL)
        }
        _ => USUAL,
    }
}

impl Keychain for Ecr {
    fn resolve(
        &self,
        host: &str,
        _repository: &str,
    ) -> Result<Option<Resolved>, crate::credentials::CredentialError> {
        let Some(host) = EcrHost::parse(host) else { return Ok(None) };
        // Held while asking: threads that need the same token wait for one call.
        let mut tokens = self.tokens();
        if let Some(found) = tokens.get(&host)
            && found.renew.is_some_and(|renew| Instant::now() < renew)
        {
            return Ok(Some(found.clone()));
        }
        let found = self.token(&host)?;
        tokens.insert(host, found.clone());
        Ok(Some(found))
    }

    fn forget(&self, host: &str) {
        if let Some(host) = EcrHost::parse(host) {
            self.tokens().remove(&host);
        }
    }
}

impl RepositoryCreator for Ecr {
    fn create(&self, host: &str, repository: &str) -> Result<bool, crate::credentials::CredentialError> {
        match EcrHost::parse(host) {
            Some(host) => Ok(self.create_repository(&host, repository).map(|()| true)?),
            None => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderMap, Method};

    /// A life by the clock of an answer that was given at second 1,000,000,000.
    fn lived(expires: Option<f64>, date: Option<&'static str>) -> u64 {
        let mut headers = HeaderMap::new();
        date.map(|date| headers.insert("date", date.parse().unwrap()));
        let (url, body) = ("https://api.example/".parse().unwrap(), Box::new(std::io::empty()));
        let patience = std::time::Duration::ZERO;
        life(expires, &Response { method: Method::Post, url, status: 200, headers, patience, body }).as_secs()
    }

    #[test]
    fn a_token_lasts_as_long_as_the_service_says_by_its_own_clock() {
        let date = Some("Sun, 09 Sep 2001 01:46:40 GMT");
        assert_eq!(lived(Some(1_000_003_600.5), date), 3600);
        // Longer than any; ended; nonsense; nothing said.
        assert_eq!(lived(Some(1_000_999_999.0), date), 12 * 3600);
        assert_eq!(lived(Some(999_999_999.0), date), 120);
        assert_eq!(lived(Some(f64::NAN), date), 120);
        assert_eq!(lived(None, date), 12 * 3600);
        assert_eq!(lived(Some(1_000_003_600.0), None), 12 * 3600);
    }
}
