//! The AWS SDK's chain of credential providers, with a small runtime of its own.

use std::sync::Mutex;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::{ProvideRegion, RegionProviderChain};
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_http_client::tls;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use tokio::runtime::{Builder, Runtime};

use crate::work::lock;

/// Key id, secret and session token (empty where there is none) of a profile of AWS's configuration files, for a function
/// in this Region.
///
/// # Errors
/// What the profile lacks, in the words of AWS's SDK.
pub fn profile_keys(profile: &str, region: &str) -> Result<[String; 3], String> {
    let credentials = SdkChain::default().credentials(region, Some(profile))?;
    let token = credentials.session_token().unwrap_or_default();
    Ok([credentials.access_key_id(), credentials.secret_access_key(), token].map(str::to_owned))
}

/// The Region of a profile of AWS's configuration files, where it says one.
///
/// # Errors
/// Those of the host.
pub fn region_of_profile(profile: &str) -> Result<Option<String>, String> {
    let running = Builder::new_current_thread().enable_all().build().map_err(|cause| cause.to_string())?;
    let asked = ProfileFileRegionProvider::builder().profile_name(profile).build();
    Ok(running.block_on(asked.region()).map(|region| region.to_string()))
}

/// Runs the chain. Async stays in here.
#[derive(Default)]
pub(super) struct SdkChain {
    /// Made at the first use, and kept: providers keep connections.
    runtime: Mutex<Option<Runtime>>,
}

impl SdkChain {
    /// The credentials of `profile` alone; without one, of the first provider that has some: environment,
    /// profiles with roles, SSO, web identity, process, ECS and EKS, IMDSv2.
    ///
    /// # Errors
    /// The error of the chain if no provider has credentials.
    pub(super) fn credentials(&self, region: &str, profile: Option<&str>) -> Result<Credentials, String> {
        let mut runtime = lock(&self.runtime);
        let running = match runtime.take() {
            Some(running) => running,
            None => Builder::new_current_thread().enable_all().build().map_err(|cause| cause.to_string())?,
        };
        let outcome = running.block_on(ask(region, profile));
        *runtime = Some(running);
        outcome
    }
}

async fn ask(region: &str, profile: Option<&str>) -> Result<Credentials, String> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
    // Role chains ask STS of the region that the user set, else of the registry's. The SDK's own
    // default would also ask EC2's metadata service, which answers slowly where there is none.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(Region::new(region.to_owned()));
    let credentials = match profile {
        Some(name) => {
            let region = region.region().await;
            let settings = ProviderConfig::without_region().with_region(region).with_http_client(http);
            let profile =
                ProfileFileCredentialsProvider::builder().configure(&settings).profile_name(name).build();
            profile.provide_credentials().await
        }
        None => {
            let config =
                aws_config::defaults(BehaviorVersion::latest()).http_client(http).region(region).load().await;
            config.credentials_provider().ok_or("the SDK has no provider")?.provide_credentials().await
        }
    };
    credentials.map_err(|cause| {
        let mut text = cause.to_string();
        let mut next = std::error::Error::source(&cause);
        while let Some(inner) = next {
            text = format!("{text}: {inner}");
            next = inner.source();
        }
        crate::redact::text(&text, 500)
    })
}
