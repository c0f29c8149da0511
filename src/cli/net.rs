//! The options of every command that speaks to registries, and what they make.

use std::env;
use std::io::{self, Read};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lambda_img::context::Context;
#[cfg(feature = "aws")]
use lambda_img::credentials::ecr::{Ecr, Endpoints};
use lambda_img::credentials::{Chain, DockerConfig, Fixed, Keychain};
use lambda_img::digest::Digest;
use lambda_img::http::{Client, NetworkOptions, RetryPolicy};
use lambda_img::progress::{Progress, Silent};
use lambda_img::redact::Secret;
use lambda_img::reference::Reference;
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
    #[arg(long = "insecure-registry", value_name = "HOST", value_parser = host)]
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

    /// User at the registry that is pushed to; its password comes with --password-stdin
    #[arg(long, value_name = "U", requires = "password_stdin")]
    pub username: Option<String>,

    /// Read the password of --username from standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,

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
    /// home, or with one that cannot be written, gets one that ends with the process.
    pub fn open(&self) -> Result<Cache, Failure> {
        let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || folder("HOME").map(|home| home.join(".cache"));
        let xdg = || folder("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()).or_else(home);
        let dir = self.dir.clone().or_else(|| folder("LAMBDA_IMG_CACHE"));
        match dir.or_else(|| xdg().map(|dir| dir.join("lambda-img")).filter(|dir| may_write(dir))) {
            Some(dir) => Ok(Cache::new(dir)),
            None => Cache::temporary(&env::temp_dir()).map_err(Failure::File),
        }
    }
}

/// Whether a directory, or the nearest above it that is there, can be written to.
fn may_write(dir: &Path) -> bool {
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    dir.ancestors().find(|dir| dir.exists()).is_some_and(|dir| rustix::fs::access(dir, wanted).is_ok())
}

/// Registries, and who answers for us there.
pub struct Access {
    pub registries: Registries,
    pub keychain: Arc<dyn Keychain>,
    #[cfg(feature = "aws")]
    pub ecr: Arc<Ecr>,
}

impl Network {
    /// The registries, with at most `jobs` transfers at once, and their keychain; `--username` is a user
    /// of `host` (`host[:port]`) alone.
    pub fn access(&self, jobs: usize, host: Option<&str>) -> Result<Access, Failure> {
        let options = NetworkOptions {
            ca_certs: self.ca_certs.clone(),
            idle: Duration::from_secs(self.timeout.get()),
            ..NetworkOptions::default()
        };
        let retry = RetryPolicy { retries: self.retries, ..RetryPolicy::default() };
        let network = Arc::new(lambda_img::http::Network::new(options));
        let client = Client::new(network, retry, self.insecure.clone());
        let mut chain: Vec<Arc<dyn Keychain>> = Vec::new();
        if let Some(username) = &self.username {
            let host = host.ok_or_else(|| {
                let hint = "push to one registry at a time, or log in with `docker login` or `podman login`";
                Failure::usage(
                    "`--username` is a user of one registry, and none or several are pushed to",
                    hint,
                )
            })?;
            chain.push(Arc::new(Fixed::new(host, username, password()?)));
        }
        #[cfg(feature = "aws")]
        let ecr = Arc::new(Ecr::new(client.clone(), Endpoints::from_environment()));
        #[cfg(feature = "aws")]
        chain.push(ecr.clone());
        chain.push(Arc::new(DockerConfig::from_environment()));
        let keychain = Arc::new(Chain::new(chain));
        let registries = Registries::new(client, keychain.clone(), self.mirrors.clone(), jobs);
        Ok(Access {
            registries,
            keychain,
            #[cfg(feature = "aws")]
            ecr,
        })
    }

    /// Registries and cache, as the line takes them.
    pub fn context(&self, jobs: usize, quiet: bool) -> Result<Context, Failure> {
        self.context_at(jobs, quiet, None, false)
    }

    /// The same for a push to `host`, which may `create` repositories.
    pub fn context_at(
        &self,
        jobs: usize,
        quiet: bool,
        host: Option<&str>,
        create: bool,
    ) -> Result<Context, Failure> {
        let progress: Arc<dyn Progress> = if quiet { Arc::new(Silent) } else { Arc::new(Lines) };
        let access = self.access(jobs, host)?;
        let context = Context::new(access.registries, self.cache.open()?);
        #[cfg(feature = "aws")]
        let creator = if create { Some(access.ecr as _) } else { None };
        #[cfg(not(feature = "aws"))]
        let creator = if create {
            let error = "`--create-repository` needs AWS, which this program was built without";
            return Err(Failure::usage(error, "build it with the Cargo feature `aws`"));
        } else {
            None
        };
        Ok(Context { offline: self.offline, progress, creator, ..context })
    }
}

/// The registry of all of `targets`, where they have one.
pub fn one_host(targets: &[Reference]) -> Result<Option<&str>, Failure> {
    let first = targets.first().map(Reference::registry);
    Ok(first.filter(|first| targets.iter().all(|target| target.registry() == *first)))
}

/// Standard input without the end of its last line.
fn password() -> Result<Secret, Failure> {
    let mut text = String::new();
    io::stdin().take(64 * 1024).read_to_string(&mut text).map_err(Failure::Stdin)?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        let hint = "pipe the password in, as in `pass show registry | lambda-img push …`";
        return Err(Failure::usage("`--password-stdin`, and standard input is empty", hint));
    }
    Ok(Secret::new(password))
}

/// `host[:port]`, as an option's value.
pub fn host(text: &str) -> Result<String, String> {
    let host = text.to_ascii_lowercase();
    match format!("{host}/x").parse::<Reference>() {
        Ok(reference)
            if !text.contains('/') && (reference.registry() == host || host == "index.docker.io") =>
        {
            Ok(reference.registry().to_owned())
        }
        _ => Err("is not a registry's HOST[:PORT]".to_owned()),
    }
}

/// `HOST[/REPOSITORY]`, as an argument.
#[derive(Clone)]
pub struct Place {
    pub host: String,
    pub repository: Option<String>,
}

pub fn place(text: &str) -> Result<Place, String> {
    let (name, repository) = text.split_once('/').map_or((text, None), |(name, path)| (name, Some(path)));
    let host = host(name)?;
    let repository = match repository {
        None => None,
        Some(path) => {
            let full: Reference = format!("{host}/{path}").parse().map_err(said)?;
            if full.tag().is_some() || full.digest().is_some() {
                return Err("names a repository, and no tag or digest of it".to_owned());
            }
            Some(full.repository().to_owned())
        }
    };
    Ok(Place { host, repository })
}

/// `REGISTRY/REPOSITORY[:TAG]`, as the name of what is pushed. A registry must be named: nothing goes to
/// Docker Hub by accident.
pub fn target(text: &str) -> Result<Reference, String> {
    let reference: Reference = text.parse().map_err(said)?;
    let first = text.split('/').next().unwrap_or_default();
    if !text.contains('/') || host(first).is_err() {
        return Err(
            "names no registry: write REGISTRY/REPOSITORY:TAG, as in docker.io/me/function:v1".to_owned()
        );
    }
    if reference.digest().is_some() {
        return Err("has a digest, which what is pushed brings itself: name a tag".to_owned());
    }
    Ok(reference)
}

/// The same with a tag, as the name of what is built.
pub fn tagged(text: &str) -> Result<Reference, String> {
    let reference = target(text)?;
    if reference.tag().is_none() { Err(format!("has no tag: write {text}:TAG")) } else { Ok(reference) }
}

fn said(error: impl ToString) -> String {
    error.to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_or_say_why_not() {
        assert_eq!(host("R.Example:5000").unwrap(), "r.example:5000");
        for wrong in ["", "registry", "https://r.example", "r.example/x", "r.example:0", "a b"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
        assert_eq!(target("r.example/a/b:v1").unwrap().to_string(), "r.example/a/b:v1");
        for wrong in ["a", "a/b:v1", "r.example", "r.example/A", "r.example/a:-", "https://r.example/a"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
        assert!(target(&format!("r.example/a@{}", Digest::of(b""))).unwrap_err().contains("digest"));
        assert!(tagged("r.example/a").unwrap_err().contains("r.example/a:TAG"));
        let place = place("r.example/a/b").unwrap();
        assert_eq!((place.host.as_str(), place.repository.as_deref()), ("r.example", Some("a/b")));
    }
}
