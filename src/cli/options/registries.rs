//! The options of every command that reaches registries, and the connection that they make.

use std::io::{self, Read};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lambda_img::Options;
use lambda_img::context::Context;
use lambda_img::credentials::Fixed;
#[cfg(feature = "aws")]
use lambda_img::credentials::ecr::Ecr;
use lambda_img::credentials::ecr::{EcrHost, Login};
use lambda_img::http::Client;
use lambda_img::lambda::Connection;
use lambda_img::progress::Progress;
use lambda_img::redact::Secret;
use lambda_img::reference::Reference;
use lambda_img::registry::Mirror;

use super::cache_dir::CacheDir;
use super::headings::REGISTRIES;
use super::progress_lines::progress;
use super::references;
use crate::cli::show::error::CliError;
use crate::cli::show::hints::COMMAND_LINE;
use crate::cli::show::usage;

/// Registries and how to reach them.
#[derive(clap::Args, PartialEq, Eq, Hash)]
#[group(skip)]
pub struct Network {
    /// Read the images of the first HOST from the second; repeatable
    ///
    /// Names and digests stay those of the first HOST.
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long = "registry-mirror", value_name = "HOST=HOST[/PREFIX]")]
    pub mirrors: Vec<Mirror>,

    #[command(flatten)]
    pub reach: Reach,

    /// Log in as this user, with the password of --password-stdin
    ///
    /// The login is for the registry that the command pushes to, otherwise for the one that it reads from.
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long, value_name = "USER", requires = "password_stdin")]
    pub username: Option<String>,

    /// Read the password of --username from standard input
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long, requires = "username")]
    pub password_stdin: bool,

    /// Make no request; a blob that the cache lacks is an error
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long)]
    pub offline: bool,

    #[command(flatten)]
    pub cache: CacheDir,

    /// Whose AWS credentials some registries get (`host`): lambda-img.toml says so.
    #[arg(skip)]
    pub logins: Vec<(String, Login)>,
}

/// How a registry is spoken to.
#[derive(clap::Args, PartialEq, Eq, Hash)]
#[group(skip)]
pub struct Reach {
    /// Allow plain HTTP for HOST, if it has no TLS; repeatable
    ///
    /// Loopback addresses are always allowed.
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long = "insecure-registry", value_name = "HOST", value_parser = references::host)]
    pub insecure: Vec<String>,

    /// Trust the certificates of this PEM file, in addition to the system's; repeatable
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long = "ca-cert", value_name = "FILE")]
    pub ca_certs: Vec<PathBuf>,

    /// Repeat a request at most N times after a transient failure
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long, value_name = "N", default_value_t = 5)]
    pub retries: u32,

    /// Abort a request after this many seconds without progress
    #[arg(help_heading = REGISTRIES, hide_short_help = true, long, value_name = "SECONDS", default_value = "60")]
    pub timeout: NonZeroU64,

    /// Hosts that lambda-img.toml says may be spoken to in plain HTTP: they are told no credential in clear.
    #[arg(skip)]
    pub anonymous: Vec<String>,
}

impl Reach {
    /// What speaks to registries.
    pub fn client(&self) -> Result<Client, CliError> {
        self.options().client().map_err(refused)
    }

    fn options(&self) -> Options {
        let options =
            Options::default().retries(self.retries).timeout(Duration::from_secs(self.timeout.get()));
        let options = self.insecure.iter().fold(options, Options::plain_http);
        let options = self.anonymous.iter().fold(options, Options::anonymous_http);
        self.ca_certs.iter().fold(options, Options::ca_cert)
    }
}

/// What of the library's options a user can have written wrong, in the words of this program.
fn refused(error: lambda_img::Error) -> CliError {
    match error {
        lambda_img::Error::Certificates(error) => usage::options::certificates(error),
        lambda_img::Error::NoAws(_) => usage::options::no_aws(error),
        error => usage::options::refused(error),
    }
}

/// Registries, and who answers for us there.
pub struct Access {
    pub connection: Connection,
    pub progress: Arc<dyn Progress>,
}

impl Network {
    /// Registries that are spoken to so, and nothing else about them.
    pub fn to(reach: Reach) -> Self {
        Self {
            mirrors: Vec::new(),
            reach,
            username: None,
            password_stdin: false,
            offline: false,
            cache: CacheDir { dir: None },
            logins: Vec::new(),
        }
    }

    /// The registries, with at most `jobs` transfers at once, and their keychain; `--username` is a user
    /// of the only one of `hosts` (`host[:port]`).
    pub fn access(&self, jobs: NonZeroUsize, quiet: bool, hosts: &[&str]) -> Result<Access, CliError> {
        let progress = progress(quiet);
        let mut options = self.reach.options().jobs(jobs).progress(progress.clone());
        if let Some(username) = &self.username {
            let (first, others) =
                hosts.split_first().ok_or_else(usage::options::username_without_registry)?;
            if others.iter().any(|other| other != first) {
                return Err(usage::options::username_for_several(&hosts.join(", ")));
            }
            options = options.login(Fixed::new(*first, username, password()?).provided_by(COMMAND_LINE));
        }
        options = self.mirrors.iter().cloned().fold(options, Options::mirror);
        for (host, login) in &self.logins {
            options = options.aws_login(host, login.clone());
        }
        Ok(Access { connection: Connection::new(&options).map_err(refused)?, progress })
    }

    /// Registries and cache, as the line takes them; `hosts` as [`Network::access`] takes them.
    pub fn context(&self, jobs: NonZeroUsize, quiet: bool, hosts: &[&str]) -> Result<Context, CliError> {
        let access = self.access(jobs, quiet, hosts)?;
        self.bag(access, quiet)
    }

    /// The same, and the AWS credentials that belong to it.
    #[cfg(feature = "aws")]
    pub fn aws_context(
        &self,
        jobs: NonZeroUsize,
        quiet: bool,
        hosts: &[&str],
    ) -> Result<(Context, Arc<Ecr>), CliError> {
        let access = self.access(jobs, quiet, hosts)?;
        let ecr = access.connection.ecr.clone();
        Ok((self.bag(access, quiet)?, ecr))
    }

    /// The AWS credentials alone, for a service that is not a registry.
    #[cfg(feature = "aws")]
    pub fn aws(&self) -> Result<Arc<Ecr>, CliError> {
        Ok(Connection::new(&self.reach.options()).map_err(refused)?.ecr)
    }

    fn bag(&self, access: Access, quiet: bool) -> Result<Context, CliError> {
        let progress = access.progress;
        let cache = self.cache.open(quiet)?.telling(progress.clone());
        let registries = access.connection.registries.in_turn(cache.clone(), progress.clone());
        Ok(Context { offline: self.offline, progress, ..Context::new(registries, cache) })
    }

    /// The same for a push to `targets`, which may `create` repositories.
    pub fn context_to(
        &self,
        jobs: NonZeroUsize,
        quiet: bool,
        targets: &[Reference],
        create: bool,
    ) -> Result<Context, CliError> {
        let hosts: Vec<_> = targets.iter().map(Reference::registry).collect();
        let access = self.access(jobs, quiet, &hosts)?;
        let creator = if create { Some(access.connection.creator().map_err(refused)?) } else { None };
        // A warning and no error: one command line serves many registries, and most of the others make
        // repositories by themselves.
        if create && !quiet {
            for host in repeated_once(hosts).iter().filter(|host| EcrHost::parse(host).is_none()) {
                status!("warning: `--create-repository` has no effect at {host}: it is for Amazon ECR");
            }
        }
        Ok(Context { creator, ..self.bag(access, quiet)? })
    }

    /// The registry that is asked for what `reference` names: its own, or the mirror's.
    pub fn host<'a>(&'a self, reference: &'a Reference) -> &'a str {
        let mirror = self.mirrors.iter().find(|mirror| mirror.registry() == reference.registry());
        mirror.map_or(reference.registry(), Mirror::host)
    }
}

/// Each once, in the order of the first.
fn repeated_once(hosts: Vec<&str>) -> Vec<&str> {
    let mut once: Vec<&str> = Vec::new();
    for host in hosts {
        if !once.contains(&host) {
            once.push(host);
        }
    }
    once
}

/// Standard input without the end of its last line.
pub fn password() -> Result<Secret, CliError> {
    let mut text = String::new();
    io::stdin().take(64 * 1024).read_to_string(&mut text).map_err(CliError::Stdin)?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(usage::options::no_password());
    }
    Ok(Secret::new(password))
}
