//! The options of every command that speaks to registries, and what they make.

use std::env;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lambda_img::context::Context;
use lambda_img::credentials::{Chain, DockerConfig, Keychain};
use lambda_img::digest::Digest;
use lambda_img::http::{Client, NetworkOptions, RetryPolicy};
use lambda_img::progress::{Progress, Silent};
use lambda_img::registry::{Mirror, Registries};
use lambda_img::store::cache::Cache;

use super::failure::Failure;
use super::ui;

/// Registries and how to reach them.
#[derive(clap::Args)]
#[command(next_help_heading = "Registries")]
pub struct Network {
    /// Read what HOST has from another host instead; repeatable
    #[arg(long = "registry-mirror", value_name = "HOST=HOST[/PREFIX]")]
    pub mirrors: Vec<Mirror>,

    /// Speak plain HTTP to this host where it has no TLS; repeatable
    #[arg(long = "insecure-registry", value_name = "HOST")]
    pub insecure: Vec<String>,

    /// PEM file of certificates to trust besides the system's; repeatable
    #[arg(long = "ca-cert", value_name = "FILE")]
    pub ca_certs: Vec<PathBuf>,

    /// How often to try again what may work a moment later
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub retries: u32,

    /// Seconds in which nothing moves before a request is given up
    #[arg(long, value_name = "S", default_value = "60")]
    pub timeout: NonZeroU64,

    /// Ask nothing of the network: what the cache lacks is an error
    #[arg(long)]
    pub offline: bool,

    #[command(flatten)]
    pub cache: CacheDir,
}

/// Where blobs are kept from one build to the next.
#[derive(clap::Args)]
pub struct CacheDir {
    /// Cache of blobs [default: $LAMBDA_IMG_CACHE, else lambda-img in the user's cache directory]
    #[arg(long = "cache-dir", value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl CacheDir {
    /// The cache: the option's, `$LAMBDA_IMG_CACHE`, else `lambda-img` in `$XDG_CACHE_HOME` or
    /// `~/.cache` (XDG base directory specification: relative paths do not count). A user without a
    /// home gets one that ends with the process.
    pub fn open(&self) -> Result<Cache, Failure> {
        let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || folder("HOME").map(|home| home.join(".cache"));
        let xdg = || folder("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()).or_else(home);
        let dir = self.dir.clone().or_else(|| folder("LAMBDA_IMG_CACHE"));
        match dir.or_else(|| xdg().map(|dir| dir.join("lambda-img"))) {
            Some(dir) => Ok(Cache::new(dir)),
            None => Cache::temporary(&env::temp_dir()).map_err(Failure::File),
        }
    }
}

impl Network {
    /// The registries, with at most `jobs` transfers at once.
    pub fn registries(&self, jobs: usize) -> Result<Registries, Failure> {
        let options = NetworkOptions {
            ca_certs: self.ca_certs.clone(),
            idle: Duration::from_secs(self.timeout.get()),
            ..NetworkOptions::default()
        };
        let retry = RetryPolicy { retries: self.retries, ..RetryPolicy::default() };
        let network = Arc::new(lambda_img::http::Network::new(options));
        let client = Client::new(network, retry, self.insecure.clone());
        let mut chain: Vec<Arc<dyn Keychain>> = Vec::new();
        #[cfg(feature = "aws")]
        {
            use lambda_img::credentials::ecr::{Ecr, Endpoints};
            chain.push(Arc::new(Ecr::new(client.clone(), Endpoints::from_environment())));
        }
        chain.push(Arc::new(DockerConfig::from_environment()));
        Ok(Registries::new(client, Arc::new(Chain::new(chain)), self.mirrors.clone(), jobs))
    }

    /// Registries and cache, as the line takes them.
    pub fn context(&self, jobs: usize, quiet: bool) -> Result<Context, Failure> {
        let progress: Arc<dyn Progress> = if quiet { Arc::new(Silent) } else { Arc::new(Lines) };
        let context = Context::new(self.registries(jobs)?, self.cache.open()?);
        Ok(Context { offline: self.offline, progress, ..context })
    }
}

/// Progress as lines on stderr.
struct Lines;

impl Progress for Lines {
    fn fetching(&self, digest: Digest, size: u64, from: u64) {
        match from {
            // Configurations: nobody waits for them.
            0 if size < 100_000 => {}
            0 => eprintln!("fetching {digest}, {}", ui::bytes(size)),
            _ => eprintln!(
                "fetching {digest}, {} of {}",
                ui::bytes(size.saturating_sub(from)),
                ui::bytes(size)
            ),
        }
    }
}
