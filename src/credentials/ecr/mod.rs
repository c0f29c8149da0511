//! Amazon ECR: its hosts, and with the Cargo feature `aws` its tokens and repositories.

#[cfg(feature = "aws")]
mod account;
#[cfg(feature = "aws")]
mod api;
#[cfg(feature = "aws")]
mod chain;
mod host;
#[cfg(feature = "aws")]
mod images;
#[cfg(feature = "aws")]
mod keychain;
#[cfg(feature = "aws")]
mod manifests;
#[cfg(feature = "aws")]
mod oidc;
#[cfg(feature = "aws")]
mod request;
#[cfg(feature = "aws")]
mod running;
#[cfg(feature = "aws")]
mod service;
#[cfg(feature = "aws")]
mod tags;

pub use super::ecr_error::EcrError;
#[cfg(feature = "aws")]
pub use account::AwsAccount;
#[cfg(feature = "aws")]
pub use chain::{profile_keys, region_of_profile};
pub use host::EcrHost;
#[cfg(feature = "aws")]
pub use images::DELETE_BATCH;
#[cfg(feature = "aws")]
pub use keychain::{Ecr, Endpoints, Identity};
#[cfg(feature = "aws")]
pub use service::{Service, ServiceAnswer, ServiceCall};

/// The AWS login of one registry, if it is not the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Login {
    /// The profile of AWS's configuration files, in the place of the chain of providers.
    pub profile: Option<String>,
    /// ARN of a role to assume with the credentials of the profile or the chain.
    pub role: Option<String>,
}
