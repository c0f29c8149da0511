//! How registries are reached, and with what resources work is done.

use std::env;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use super::error::Error;
use crate::credentials::Fixed;
use crate::credentials::ecr::Login;
use crate::epoch::Epoch;
use crate::http::{Client, Network, NetworkOptions, RetryPolicy, check_certificates};
use crate::progress::{Progress, Silent};
use crate::reference;
use crate::registry::Mirror;

/// The options of a [`Lambda`](super::Lambda). The defaults suit most programs.
///
/// ```
/// use lambda_img::{Lambda, Options};
///
/// let options = Options::default()
///     .mirror("public.ecr.aws=registry.example/cache".parse()?)
///     .plain_http("registry.test:5000")
///     .offline(true);
/// let lambda = Lambda::new(options)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct Options {
    pub(super) mirrors: Vec<Mirror>,
    pub(super) plain_http: Vec<String>,
    pub(super) anonymous_http: Vec<String>,
    pub(super) ca_certs: Vec<PathBuf>,
    pub(super) retries: u32,
    pub(super) idle: Duration,
    pub(super) login: Option<Arc<Fixed>>,
    pub(super) aws_logins: Vec<(String, Login)>,
    pub(super) create_repositories: bool,
    pub(super) offline: bool,
    pub(super) cache: Option<PathBuf>,
    pub(super) jobs: Option<NonZeroUsize>,
    pub(super) epoch: Epoch,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) interrupted: Arc<AtomicBool>,
}

impl Default for Options {
    /// No mirrors, TLS except for loopback, the user's cache and credentials, a thread for each processor, no progress.
    fn default() -> Self {
        Self {
            mirrors: Vec::new(),
            plain_http: Vec::new(),
            anonymous_http: Vec::new(),
            ca_certs: Vec::new(),
            retries: 5,
            idle: Duration::from_secs(60),
            login: None,
            aws_logins: Vec::new(),
            create_repositories: false,
            offline: false,
            cache: None,
            jobs: None,
            epoch: Epoch::default(),
            progress: Arc::new(Silent),
            interrupted: Arc::default(),
        }
    }
}

impl Options {
    /// The defaults, with the values of these variables: `LAMBDA_IMG_REGISTRY_MIRROR`, `LAMBDA_IMG_INSECURE_REGISTRY`
    /// and `LAMBDA_IMG_CA_CERT`, with one value in a line; `LAMBDA_IMG_OFFLINE`, `1` or `0`; and `SOURCE_DATE_EPOCH`.
    /// They mean what they mean to the program `lambda-img`. Credentials and cache are the user's, with
    /// [`Options::default`] too.
    ///
    /// # Errors
    /// [`Error::Variable`].
    pub fn from_env() -> Result<Self, Error> {
        let mut options = Self::default();
        for mirror in lines(MIRROR)? {
            options.mirrors.push(mirror.parse().map_err(wrong(MIRROR))?);
        }
        options.plain_http = lines(INSECURE)?;
        options.ca_certs = lines(CA_CERT)?.into_iter().map(PathBuf::from).collect();
        options.offline = match text(OFFLINE)?.as_deref() {
            None | Some("0" | "false") => false,
            Some("1" | "true") => true,
            Some(other) => return Err(wrong(OFFLINE)(format!("`{other}` is neither true nor false"))),
        };
        if let Some(epoch) = text(EPOCH)? {
            options.epoch = epoch.parse().map_err(wrong(EPOCH))?;
        }
        Ok(options)
    }

    /// Reads the images of a registry from a mirror; repeatable.
    pub fn mirror(mut self, mirror: Mirror) -> Self {
        self.mirrors.push(mirror);
        self
    }

    /// Allows plain HTTP for this `host[:port]` if it has no TLS, with credentials in clear text; repeatable.
    /// Loopback addresses are always allowed.
    pub fn plain_http(mut self, host: impl Into<String>) -> Self {
        self.plain_http.push(host.into());
        self
    }

    /// The same, without credentials in clear text.
    pub fn anonymous_http(mut self, host: impl Into<String>) -> Self {
        self.anonymous_http.push(host.into());
        self
    }

    /// Trusts the certificates of this PEM file, in addition to the system's; repeatable.
    pub fn ca_cert(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_certs.push(file.into());
        self
    }

    /// The number of retries after a transient failure; 5 by default.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Aborts a request after this time without progress; 60 s by default.
    pub fn timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// User and password for one registry, asked before all other credentials.
    pub fn login(mut self, login: Fixed) -> Self {
        self.login = Some(Arc::new(login));
        self
    }

    /// Profile or role of AWS for one registry of ECR; repeatable. Needs the feature `aws`.
    pub fn aws_login(mut self, host: impl Into<String>, login: Login) -> Self {
        self.aws_logins.push((host.into(), login));
        self
    }

    /// Whether pushes create repositories that are missing in ECR. Needs the feature `aws`.
    pub fn create_repositories(mut self, create: bool) -> Self {
        self.create_repositories = create;
        self
    }

    /// Whether to make no request. A blob that the cache lacks is then an error.
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// The directory of the cache; by default the user's
    /// ([`user_dir`](crate::store::cache::user_dir)), where it can be trusted.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache = Some(dir.into());
        self
    }

    /// How many threads may work, and how many transfers may run, at once; one for each processor by default.
    pub fn jobs(mut self, jobs: NonZeroUsize) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// The time that images carry, if a build does not set it.
    pub fn epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = epoch;
        self
    }

    /// Receives progress: what is fetched, and what the work waits for.
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Set this to true to stop the work: it fails as interrupted.
    pub fn interrupted(mut self, interrupted: Arc<AtomicBool>) -> Self {
        self.interrupted = interrupted;
        self
    }

    /// The HTTP client with these options. No request is made yet.
    ///
    /// # Errors
    /// [`Error::Host`] and [`Error::Certificates`].
    pub fn client(&self) -> Result<Client, Error> {
        // A file that is named is wanted: that it cannot be used is told before anything is asked.
        check_certificates(&self.ca_certs)?;
        let network =
            NetworkOptions { ca_certs: self.ca_certs.clone(), idle: self.idle, ..NetworkOptions::default() };
        let retry = RetryPolicy { retries: self.retries, ..RetryPolicy::default() };
        let hosts = |hosts: &[String]| hosts.iter().map(|host| registry(host)).collect::<Result<Vec<_>, _>>();
        let (plain, anonymous) = (hosts(&self.plain_http)?, hosts(&self.anonymous_http)?);
        Ok(Client::new(Arc::new(Network::new(network)), retry, plain).with_anonymous(anonymous))
    }

    /// The number of the option, otherwise one for each processor.
    pub(super) fn threads(&self) -> NonZeroUsize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}

/// The name of a registry, in lower case.
fn registry(host: &str) -> Result<String, Error> {
    reference::host(host).map_err(|why| Error::Host { host: host.to_owned(), why })
}

const MIRROR: &str = "LAMBDA_IMG_REGISTRY_MIRROR";
const INSECURE: &str = "LAMBDA_IMG_INSECURE_REGISTRY";
const CA_CERT: &str = "LAMBDA_IMG_CA_CERT";
const OFFLINE: &str = "LAMBDA_IMG_OFFLINE";
/// <https://reproducible-builds.org/specs/source-date-epoch/>
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The value of a variable, if it is set and not empty.
fn text(name: &'static str) -> Result<Option<String>, Error> {
    match env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.into_string()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(wrong(name)("is not UTF-8")),
    }
}

/// Its lines that are not empty.
fn lines(name: &'static str) -> Result<Vec<String>, Error> {
    let text = text(name)?.unwrap_or_default();
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn wrong<W: ToString>(name: &'static str) -> impl Fn(W) -> Error {
    move |why| Error::Variable { name, why: why.to_string() }
}
