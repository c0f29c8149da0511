//! `lambda-img login` and `logout`: store and remove credentials where Docker and Podman look for them.

use std::sync::Arc;

use lambda_img::credentials::{DockerConfig, Fixed, Keeper, Keychain, Logins};
use lambda_img::registry::{Registries, Welcome};

use crate::cli::options::registries::{Network, Reach, password, progress};
use crate::cli::options::{prompt, references};
use crate::cli::settings::registry_access;
use crate::cli::show::error::CliError;
use crate::cli::show::hints::COMMAND_LINE;

#[derive(clap::Args)]
#[group(skip)]
pub struct Login {
    /// Log in to this registry: HOST[:PORT]
    #[arg(value_name = "REGISTRY", value_parser = references::host, default_value = "docker.io")]
    pub host: String,

    /// Log in as this user [default: ask at the terminal]
    #[arg(short, long, value_name = "USER")]
    pub username: Option<String>,

    /// Read the password from standard input instead of the terminal
    #[arg(long, requires = "username")]
    pub password_stdin: bool,

    /// Print only warnings and errors
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub reach: Reach,
}

#[derive(clap::Args)]
#[group(skip)]
pub struct Logout {
    /// Log out of this registry: HOST[:PORT]
    #[arg(value_name = "REGISTRY", value_parser = references::host, default_value = "docker.io")]
    pub host: String,

    /// Print only warnings and errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn login(args: Login) -> Result<(), CliError> {
    let logins = logins(args.quiet)?;
    let (host, quiet) = (args.host, args.quiet);
    let username = match args.username {
        Some(username) => username,
        None => prompt::line(&format!("user at {host}: "))?,
    };
    if username.is_empty() || username.contains(':') {
        let error = format!("`{username}` is not the name of a user");
        return Err(CliError::usage(&error, "a name is not empty and has no colon: HTTP ends it there"));
    }
    let password = match args.password_stdin {
        true => password()?,
        false => prompt::secret(&format!("password of {username} at {host}: "))?,
    };
    if password.is_empty() {
        return Err(CliError::usage("the password is empty", "nothing was kept: try again"));
    }
    let mut net = Network::to(args.reach);
    registry_access::complete(&mut net)?;
    let keychain = Arc::new(Fixed::new(&*host, &*username, password.clone()).provided_by(COMMAND_LINE));
    let registries = Registries::new(net.reach.client()?, keychain, Vec::new(), 1);
    let welcome = registries.ping(&host, None).map_err(|error| CliError::Registry(Box::new(error)))?;
    if welcome == Welcome::Open {
        status!("warning: {host} asks for no credential, so nothing says whether this one is right");
    }
    let failed = |source| CliError::Credentials { host: host.clone(), source };
    match logins.keep(&host, &username, &password).map_err(failed)? {
        Keeper::Helper(_) if quiet => {}
        Keeper::Helper(program) => {
            status!("logged in to {host} as {username}; `{program}` keeps the password")
        }
        Keeper::File(path) => {
            if !quiet {
                status!("logged in to {host} as {username}");
            }
            status!(
                "warning: the password is in `{}`, unencrypted; a credential helper keeps it better: name one \
                 there as `credsStore`",
                path.display()
            );
        }
    }
    Ok(())
}

pub fn logout(args: &Logout) -> Result<(), CliError> {
    let host = &args.host;
    let had = logins(args.quiet)?.forget(host);
    let had = had.map_err(|source| CliError::Credentials { host: host.clone(), source })?;
    if !args.quiet {
        status!("{}", if had { format!("logged out of {host}") } else { format!("not logged in to {host}") });
    }
    // Podman's files, for example.
    if let Ok(Some(other)) = DockerConfig::from_environment().resolve(host, "") {
        status!("warning: {} still has a login for {host}", other.provider);
    }
    Ok(())
}

fn logins(quiet: bool) -> Result<Logins, CliError> {
    let logins = Logins::from_environment().ok_or_else(|| {
        CliError::usage(
            "there is no place for logins: HOME is not set",
            "set HOME, or DOCKER_CONFIG to a directory",
        )
    })?;
    Ok(logins.with_progress(progress(quiet)))
}
