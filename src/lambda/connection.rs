//! `Connection`: registries, and the credentials for them.

use std::sync::Arc;

use super::error::Error;
use super::options::Options;
#[cfg(feature = "aws")]
use crate::credentials::ecr::{Ecr, Endpoints};
use crate::credentials::{Chain, DockerConfig, Keychain, RepositoryCreator, RepositoryImages};
use crate::registry::Registries;

/// Registries, and the credentials for them. The user of [`Options::login`] comes first, then AWS's
/// credential chain for hosts of ECR, then the files of Docker and of podman.
pub struct Connection {
    /// The registries.
    pub registries: Registries,
    /// The credentials.
    pub keychain: Arc<dyn Keychain>,
    /// The credentials for ECR among them.
    #[cfg(feature = "aws")]
    pub ecr: Arc<Ecr>,
}

impl Connection {
    /// Makes a connection with these options. No request is made yet.
    ///
    /// # Errors
    /// [`Error::Host`], [`Error::Certificates`] and [`Error::NoAws`].
    pub fn new(options: &Options) -> Result<Self, Error> {
        let client = options.client()?;
        let mut chain: Vec<Arc<dyn Keychain>> = Vec::new();
        if let Some(login) = &options.login {
            chain.push(login.clone());
        }
        #[cfg(feature = "aws")]
        let ecr = {
            let logins = options.aws_logins.iter().map(|(host, login)| (host.as_str(), login.clone()));
            Arc::new(Ecr::new(client.clone(), Endpoints::from_environment()).with_logins(logins))
        };
        #[cfg(feature = "aws")]
        chain.push(ecr.clone());
        #[cfg(not(feature = "aws"))]
        if let Some((host, _)) = options.aws_logins.first() {
            return Err(Error::NoAws(format!("the profile or role of {host}")));
        }
        chain.push(Arc::new(DockerConfig::from_environment().with_progress(Arc::clone(&options.progress))));
        let keychain: Arc<dyn Keychain> = Arc::new(Chain::new(chain));
        let jobs = options.threads().get();
        Ok(Self {
            registries: Registries::new(client, Arc::clone(&keychain), options.mirrors.clone(), jobs),
            keychain,
            #[cfg(feature = "aws")]
            ecr,
        })
    }

    /// The API of the registries' operators: that of ECR.
    pub fn images(&self) -> Option<Arc<dyn RepositoryImages>> {
        #[cfg(feature = "aws")]
        return Some(self.ecr.clone());
        #[cfg(not(feature = "aws"))]
        return None;
    }

    /// The creator of missing repositories, for pushes.
    ///
    /// # Errors
    /// [`Error::NoAws`].
    pub fn creator(&self) -> Result<Arc<dyn RepositoryCreator>, Error> {
        #[cfg(feature = "aws")]
        return Ok(self.ecr.clone());
        #[cfg(not(feature = "aws"))]
        return Err(Error::NoAws("the creation of a repository in ECR".to_owned()));
    }
}
