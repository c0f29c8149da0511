//! `Lambda`: the entry point of the library, with everything that a build needs.

mod build;
mod connection;
mod error;
mod options;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;
use std::{env, fmt};

use jiff::Timestamp;

pub use build::Build;
pub use connection::Connection;
pub use error::Error;
pub use options::Options;

use crate::build::{Copied, copy};
use crate::check::Expectations;
use crate::context::Context;
use crate::date::Date;
use crate::diff::{self, Difference, Side};
use crate::epoch::Epoch;
use crate::examine::{self, CheckOptions, Checked};
use crate::inspect::{self, InspectOptions, Inspected};
use crate::reference::Reference;
use crate::source::{ImageRef, SourceEnv};
use crate::store::Staging;
use crate::store::cache::{self, Cache};
use crate::work::Run;

/// Builds, pushes and reads images of Lambda functions. Cheap to clone; its clones share connections and cache.
///
/// Its calls block. In an async program, make them on a thread for blocking work, as with
/// `tokio::task::spawn_blocking`: on a thread of the runtime itself they may panic.
///
/// ```no_run
/// use lambda_img::Lambda;
///
/// let lambda = Lambda::from_env()?;
/// let checked = lambda.check("oci:out:v1")?;
/// for finding in checked.report.denied() {
///     println!("{}: {}", finding.check.id, finding.fault.message);
/// }
/// let copied = lambda.push("oci:out:v1", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fn:v1")?;
/// println!("{}", copied.pushed[0].pinned);
/// # Ok::<(), lambda_img::Error>(())
/// ```
#[derive(Clone)]
pub struct Lambda {
    context: Context,
    jobs: NonZeroUsize,
    interrupted: Arc<AtomicBool>,
    epoch: Epoch,
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { jobs, epoch, .. } = self;
        f.debug_struct("Lambda").field("jobs", jobs).field("epoch", epoch).finish_non_exhaustive()
    }
}

impl Lambda {
    /// What the environment says: [`Lambda::new`] with [`Options::from_env`].
    ///
    /// # Errors
    /// [`Error::Variable`], or as [`Lambda::new`].
    pub fn from_env() -> Result<Self, Error> {
        Self::new(Options::from_env()?)
    }

    /// With these options. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// An option that cannot be: [`Error::Host`], [`Error::Certificates`], [`Error::Cache`], [`Error::NoAws`]; or
    /// [`Error::File`], where no directory for a cache can be made.
    pub fn new(options: Options) -> Result<Self, Error> {
        let (connection, jobs) = (Connection::new(&options)?, options.threads());
        let Options { cache, progress, interrupted, epoch, offline, create_repositories, .. } = options;
        let cache = open(cache)?.telling(Arc::clone(&progress));
        let creator = if create_repositories { Some(connection.creator()?) } else { None };
        let registries = connection.registries.in_turn(cache.clone(), Arc::clone(&progress));
        let context = Context { offline, progress, creator, ..Context::new(registries, cache) };
        Ok(Self { context, jobs, interrupted, epoch })
    }

    /// Begins a build of the function at `path`: a directory, a zip or jar, or one file. [`Build::run`] runs it.
    pub fn build(&self, path: impl Into<PathBuf>) -> Build<'_> {
        Build::new(path.into(), self.epoch, self.run(), &self.context)
    }

    /// Finds what Lambda would refuse or break in an image: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
    /// `docker-archive:FILE[:NAME]` or a reference of a registry. What is found is in the result, also where it is
    /// denied: an error means that the image cannot be read.
    ///
    /// # Errors
    /// [`Error::Image`] where `image` names none, else [`Error::Examine`].
    pub fn check(&self, image: &str) -> Result<Checked, Error> {
        let expectations = Expectations { today: Some(today()), ..Expectations::default() };
        self.check_with(image, &CheckOptions { expectations, ..CheckOptions::default() })
    }

    /// As [`Lambda::check`], with choices.
    ///
    /// # Errors
    /// As [`Lambda::check`].
    pub fn check_with(&self, image: &str, options: &CheckOptions) -> Result<Checked, Error> {
        Ok(examine::check(&image.parse()?, options, &self.workplace(&Staging::nowhere()))?)
    }

    /// Pushes an image that exists, to the byte, to `target` (`REGISTRY/REPOSITORY[:TAG]`), and checks it first.
    /// `image` is as in [`Lambda::check`].
    ///
    /// # Errors
    /// [`Error::Image`] and [`Error::Target`] where a word names nothing, else [`Error::Build`]: a finding that is
    /// denied is one of them, and nothing is pushed then.
    pub fn push(&self, image: &str, target: &str) -> Result<Copied, Error> {
        // Only the bare layers of a Docker archive are ever written there.
        let staging = Staging::inside(&env::temp_dir())?;
        let (image, targets): (ImageRef, _) = (image.parse()?, [Reference::target(target)?]);
        Ok(copy(&image, None, &targets, &CheckOptions::default(), &self.workplace(&staging))?)
    }

    /// Shows what is in an image: its layers, what it starts, how large it is. `image` is as in [`Lambda::check`].
    ///
    /// # Errors
    /// [`Error::Image`] where `image` names none, else [`Error::Inspect`].
    pub fn inspect(&self, image: &str) -> Result<Inspected, Error> {
        let options = InspectOptions { today: Some(today()), ..InspectOptions::default() };
        Ok(inspect::inspect(&image.parse()?, &options, &self.workplace(&Staging::nowhere()))?)
    }

    /// Tells why two images have two digests. `a` and `b` are as in [`Lambda::check`].
    ///
    /// # Errors
    /// As [`Lambda::inspect`].
    pub fn diff(&self, a: &str, b: &str) -> Result<Difference, Error> {
        let staging = Staging::nowhere();
        let at = self.workplace(&staging);
        let side = |image: &str| Ok::<_, Error>(Side::image(&image.parse()?, None, &at)?);
        Ok(diff::diff(&side(a)?, &side(b)?, false, at.run)?)
    }

    /// Registries, credentials and cache, for functions of this crate that take them.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// How work runs, for functions of this crate that take it.
    pub fn run(&self) -> Run<'_> {
        Run::new(self.jobs, &self.interrupted)
    }

    fn workplace<'a>(&'a self, staging: &'a Staging) -> SourceEnv<'a> {
        SourceEnv { staging, run: self.run(), epoch: self.epoch, context: &self.context }
    }
}

/// The named cache, which has to be one that can be trusted; else the user's, where it can be, and one that ends with
/// the process where it cannot.
fn open(named: Option<PathBuf>) -> Result<Cache, Error> {
    if let Some(dir) = named {
        cache::check(&dir).map_err(|why| Error::Cache { dir: dir.clone(), why })?;
        return Ok(Cache::new(dir));
    }
    match cache::user_dir().filter(|dir| cache::check(dir).is_ok()) {
        Some(dir) => Ok(Cache::new(dir)),
        None => Ok(Cache::temporary(&env::temp_dir())?),
    }
}

/// The day in UTC: for what is said of runtimes that end, never for bytes of an image.
fn today() -> Date {
    Date::of_unix_seconds(Timestamp::try_from(SystemTime::now()).unwrap_or_default().as_second())
}
