//! Credentials for registries: a chain of providers, each asked only about its own hosts.
//!
//! The only place of the library that reads the environment.

mod docker_config;
pub mod ecr;
mod ecr_error;
mod error;
mod helper;
mod helper_error;
mod login;
mod repository_images;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use docker_config::DockerConfig;
pub use error::CredentialError;
pub use helper_error::HelperError;
pub use login::{Keeper, Logins};
pub use repository_images::{NotDeleted, RepositoryImage, RepositoryImages};

use crate::redact::Secret;

/// What a registry or its token service is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// User and password.
    Basic {
        /// The user.
        username: String,
        /// The password or access token.
        password: Secret,
    },
    /// An identity (refresh) token, to be exchanged by POST at the token service.
    Identity(Secret),
    /// A token for the registry itself (`registrytoken`), sent as it is.
    Bearer(Secret),
}

/// A credential, who gave it and until when it lasts.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The credential.
    pub credential: Credential,
    /// The provider, for messages: "docker-credential-pass", "`/root/.docker/config.json`", "ECR".
    pub provider: String,
    /// When to ask again, where the provider said so.
    pub renew: Option<Instant>,
    /// The remaining life of the token when it was given, where the provider said so.
    pub life: Option<Duration>,
}

impl Resolved {
    /// No credential: every provider was asked and none knows the host.
    pub fn anonymous() -> Self {
        Self { credential: Credential::Anonymous, provider: "none".into(), renew: None, life: None }
    }
}

/// Finds credentials.
pub trait Keychain: Send + Sync {
    /// The credential for `repository` at `host` (`host[:port]`); `None` where this keychain knows
    /// nothing of it.
    ///
    /// # Errors
    /// Where the host is this keychain's, and it fails.
    fn resolve(&self, host: &str, repository: &str) -> Result<Option<Resolved>, CredentialError>;

    /// The registry refused what `resolve` gave: whatever is cached for the host is stale.
    fn forget(&self, host: &str) {
        let _ = host;
    }
}

/// Creates repositories that a push misses.
pub trait RepositoryCreator: Send + Sync {
    /// Creates `repository` at `host`; `false` where it cannot create any at this host.
    ///
    /// # Errors
    /// Where the registry's owner refuses.
    fn create(&self, host: &str, repository: &str) -> Result<bool, CredentialError>;
}

/// Keychains asked in order; the first that knows the host answers. Where AWS gives no token for a host
/// of ECR, a stored login may still work; without one, AWS's error is reported.
#[derive(Clone, Default)]
pub struct Chain(Vec<Arc<dyn Keychain>>);

impl Chain {
    /// The keychains, most particular first.
    pub fn new(keychains: Vec<Arc<dyn Keychain>>) -> Self {
        Self(keychains)
    }
}

impl Keychain for Chain {
    fn resolve(&self, host: &str, repository: &str) -> Result<Option<Resolved>, CredentialError> {
        let mut refused = None;
        for keychain in &self.0 {
            match keychain.resolve(host, repository) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error @ CredentialError::Ecr(_)) => refused = refused.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    fn forget(&self, host: &str) {
        self.0.iter().for_each(|keychain| keychain.forget(host));
    }
}

/// One user and password for one host, as the caller was given them.
pub struct Fixed {
    host: String,
    username: String,
    password: Secret,
    provider: String,
}

impl Fixed {
    /// This user at `host` (`host[:port]`) and nowhere else.
    pub fn new(host: impl Into<String>, username: impl Into<String>, password: Secret) -> Self {
        let provider = "the caller".to_owned();
        Self { host: host.into(), username: username.into(), password, provider }
    }

    /// The same; messages name where user and password come from.
    pub fn provided_by(self, provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), ..self }
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fixed({}@{})", self.username, self.host)
    }
}

impl Keychain for Fixed {
    fn resolve(&self, host: &str, _repository: &str) -> Result<Option<Resolved>, CredentialError> {
        Ok((host == self.host).then(|| Resolved {
            credential: Credential::Basic {
                username: self.username.clone(),
                password: self.password.clone(),
            },
            provider: self.provider.clone(),
            ..Resolved::anonymous()
        }))
    }
}
