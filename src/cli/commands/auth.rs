//! `lambda-img auth check`: which credentials a registry gets, from where, and which permissions are missing.

use std::num::NonZeroUsize;

use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};
use lambda_img::credentials::ecr::{self, EcrHost};
use lambda_img::credentials::{self, Credential, Resolved};
use lambda_img::registry::{RegistryError, Step, Verdict, WITHHELD, Welcome};

use crate::cli::options::deployment;
use crate::cli::options::references::{self, RegistryPath};
use crate::cli::options::registries::{Access, Network};
use crate::cli::show::error::CliError;
use crate::cli::show::json::auth_check::{self as json, Asked, Identity, Reply, step};
use crate::cli::show::json::iam_policy::IamPolicy;
use crate::cli::show::json::values::Version;
use crate::cli::show::usage;
use crate::cli::show::{clock, iam, stdout, ui};

#[derive(Subcommand)]
pub enum AuthCommand {
    /// Show the credential for a registry, its identity and expiry, and whether it is accepted
    Check(AuthCheck),
}

#[derive(clap::Args)]
#[group(skip)]
pub struct AuthCheck {
    /// Check this registry, or this repository: HOST[/REPOSITORY]
    #[arg(value_name = "HOST", value_parser = references::registry_path)]
    pub registry: RegistryPath,

    /// Check the permissions of a push to the repository too
    ///
    /// Nothing is pushed: the check begins an upload and cancels it.
    #[arg(long)]
    pub push: bool,

    /// Print the IAM policy to deploy images of the repository to this Lambda function of its account
    #[arg(long, value_name = "FUNCTION", value_parser = deployment::name, conflicts_with = "push")]
    pub deploy: Option<String>,

    /// Print what `deploy --create` needs too, for a function with this role
    #[arg(long, value_name = "ARN", value_parser = deployment::role, requires = "deploy")]
    pub role: Option<String>,

    /// Print what `deploy --tag-in-use` needs too
    #[arg(long, requires = "deploy")]
    pub tag_in_use: bool,

    /// Print the IAM policy for this use of a repository of Amazon ECR, and check nothing
    ///
    /// The policy is JSON. It needs no credentials and no network.
    #[arg(long, value_name = "USE", value_enum, conflicts_with_all = ["push", "deploy", "json"])]
    pub policy: Option<iam::Use>,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/auth-check.json)
    #[arg(long)]
    pub json: bool,

    /// Print the IAM policy for Amazon ECR, even if no permission is missing
    #[arg(short, long)]
    pub verbose: bool,
}

pub fn run(command: &AuthCommand) -> Result<(), CliError> {
    let AuthCommand::Check(args) = command;
    check(args)
}

/// What was found, in the order of the lines that say it.
#[derive(Default)]
struct Found {
    provider: Option<String>,
    kind: Option<String>,
    until: Option<Timestamp>,
    identity: Option<(String, String)>,
    registry: Option<Reply>,
    /// What a push asks for: whether it may, and what the registry says to it.
    asked: Vec<(Step, Option<bool>, Option<String>)>,
    /// IAM actions that AWS denies.
    missing: Vec<String>,
    note: Option<String>,
}

fn check(args: &AuthCheck) -> Result<(), CliError> {
    let (host, repository) = (args.registry.host.as_str(), args.registry.repository.as_deref());
    let ecr = EcrHost::parse(host);
    if let Some(what) = args.policy {
        let ecr = ecr.ok_or_else(|| usage::commands::policy_needs_ecr(host))?;
        return stdout::print_indented(&what.policy(&ecr, repository));
    }
    if args.net.offline {
        return Err(usage::options::offline("auth check"));
    }
    if args.push && repository.is_none() {
        return Err(usage::commands::push_needs_repository(host));
    }
    let access = args.net.access(NonZeroUsize::MIN, false, &[host])?;
    let mut found = Found::default();
    let mut outcome = ask(&access, host, repository, &mut found);
    if let (true, Ok(()), Some(repository)) = (args.push, &outcome, repository) {
        outcome = probe(&access, host, repository, &mut found);
    }
    let policy = ecr.as_ref().map(|ecr| match &args.deploy {
        Some(function) => {
            let more = (args.tag_in_use, args.role.as_deref());
            iam::deployment(ecr, repository, function, more)
        }
        None => iam::policy(ecr, repository),
    });
    if args.json {
        stdout::print_json(&object(host, repository, &found, outcome.is_ok(), policy.as_ref()))?;
    } else {
        let what = if args.deploy.is_some() { "for deployments" } else { "for pushes" };
        // If all is well, only who asks for it reads a policy.
        let is_asked = args.verbose || args.deploy.is_some();
        let policy = policy.filter(|_| is_asked || outcome.is_err());
        let policy = policy.as_ref().map(stdout::sorted).transpose()?;
        let policy = policy.map_or(String::new(), |policy| format!("\nan IAM policy {what}:\n{policy:#}\n"));
        stdout::print(&(to_text(host, repository, &found) + &policy))?;
    }
    outcome
}

fn ask(access: &Access, host: &str, repository: Option<&str>, found: &mut Found) -> Result<(), CliError> {
    let resolved = access.connection.keychain.resolve(host, repository.unwrap_or_default());
    let resolved = resolved.map_err(|source| {
        if let credentials::CredentialError::Ecr(ecr::EcrError::Refused { action, code, .. }) = &source
            && code.contains("AccessDenied")
        {
            found.missing.push(action.clone());
        }
        CliError::Credentials { host: host.to_owned(), source }
    })?;
    let anonymous = resolved.is_none();
    if let Some(resolved) = &resolved {
        found.provider = Some(resolved.provider.clone());
        found.kind = Some(kind(resolved));
        found.until = until(resolved);
    }
    #[cfg(feature = "aws")]
    if let Some(ecr) = EcrHost::parse(host) {
        // A login may come from a helper; whom STS names need not be who made it.
        match access.connection.ecr.identity(&ecr) {
            Ok(identity) => {
                if identity.account != ecr.account {
                    found.note = Some(format!(
                        "the registry belongs to account {}: its repository policies must allow {}",
                        ecr.account, identity.arn
                    ));
                }
                found.identity = Some((identity.account, identity.arn));
            }
            Err(error) => found.note = Some(format!("STS does not return your identity: {error}")),
        }
    }
    let welcome = access.connection.registries.ping(host, repository);
    found.registry = Some(match &welcome {
        Ok(Welcome::Open) => Reply::Open,
        Ok(Welcome::Accepted) if anonymous => Reply::LetsIn,
        Ok(Welcome::Accepted) => Reply::Accepts,
        Err(RegistryError::Denied { provider, .. }) if provider == WITHHELD => Reply::Withheld,
        Err(RegistryError::Denied { .. }) if anonymous => Reply::Wants,
        Err(RegistryError::Denied { .. }) => Reply::Refuses,
        Err(RegistryError::Http(_)) => Reply::NotReached,
        Err(_) => Reply::Unexpected,
    });
    welcome.map(|_| ()).map_err(|error| CliError::Registry(Box::new(error)))
}

/// Asks for what a push asks for; the first denial is the error.
fn probe(access: &Access, host: &str, repository: &str, found: &mut Found) -> Result<(), CliError> {
    let failed = |error| CliError::Registry(Box::new(error));
    let mut denial = Ok(());
    for (step, verdict) in access.connection.registries.probe(host, repository).map_err(failed)? {
        let (allowed, words) = match verdict {
            Verdict::Allowed => (Some(true), None),
            Verdict::Unclear(status) => (None, Some(status.to_string())),
            Verdict::Denied(error) => {
                if EcrHost::parse(host).is_some() {
                    // What AWS says, else what is known to be asked for.
                    let said = error.status().and_then(iam::denied);
                    let action = said.unwrap_or_else(|| iam::action(step).to_owned());
                    if !found.missing.contains(&action) {
                        found.missing.push(action);
                    }
                }
                let words = error.to_string();
                denial = denial.and(Err(failed(error)));
                (Some(false), Some(words))
            }
        };
        found.asked.push((step, allowed, words));
    }
    denial
}

/// What is shown to the registry, without its secret.
fn kind(resolved: &Resolved) -> String {
    match &resolved.credential {
        Credential::Anonymous => "nothing".to_owned(),
        Credential::Basic { username, .. } => format!("user `{}` with a password", username.escape_debug()),
        Credential::Identity(_) => "an identity token".to_owned(),
        Credential::Bearer(_) => "a registry token".to_owned(),
    }
}

fn until(resolved: &Resolved) -> Option<Timestamp> {
    let life = SignedDuration::try_from(resolved.life?).ok()?;
    // To the second: the rest is the network's.
    Timestamp::from_second(clock::now().checked_add(life).ok()?.as_second()).ok()
}

fn to_text(host: &str, repository: Option<&str>, found: &Found) -> String {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    row("registry", repository.map_or(host.to_owned(), |repository| format!("{host}/{repository}")));
    row("provider", found.provider.clone().unwrap_or_else(|| "none".to_owned()));
    found.kind.iter().for_each(|kind| row("credential", kind.clone()));
    found.until.iter().for_each(|until| row("valid until", until.to_string()));
    found.identity.iter().for_each(|(_, arn)| row("identity", arn.clone()));
    found.registry.iter().for_each(|reply| row("the registry", reply.words().to_owned()));
    for (asked, allowed, words) in &found.asked {
        let verdict = match allowed {
            Some(true) => "allowed",
            Some(false) => "denied",
            None => "unclear",
        };
        let words = words.as_ref().map_or(String::new(), |words| format!(": {words}"));
        row(step(*asked), format!("{verdict}{words}"));
    }
    if !found.asked.is_empty() {
        row(
            "not checked",
            "the rest can only be checked by a push: sending layers, putting manifests".to_owned(),
        );
    }
    if !found.missing.is_empty() {
        row("missing", found.missing.join(", "));
    }
    found.note.iter().for_each(|note| row("note", note.clone()));
    ui::table(&rows, &[])
}

/// What was found, as the object has it.
fn object<'a>(
    host: &'a str,
    repository: Option<&'a str>,
    found: &'a Found,
    usable: bool,
    policy: Option<&'a IamPolicy>,
) -> json::AuthCheck<'a> {
    let identity = found.identity.as_ref();
    let asked = found.asked.iter().map(|(asked, allowed, words)| Asked {
        what: step(*asked),
        allowed: *allowed,
        answer: words.as_deref(),
    });
    json::AuthCheck {
        version: Version,
        host,
        repository,
        usable,
        provider: found.provider.as_deref(),
        credential: found.kind.as_deref(),
        valid_until: found.until.map(|until| until.to_string()),
        identity: identity.map(|(account, arn)| Identity { account, arn }),
        registry: found.registry.map(Reply::words),
        asked: asked.collect(),
        missing: &found.missing,
        note: found.note.as_deref(),
        policy,
    }
}
