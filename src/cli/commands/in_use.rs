//! What `images` and `prune` have in common: repositories of Amazon ECR, and the functions that use their images.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_img::credentials::ecr::{Ecr, EcrHost};
use lambda_img::deploy::{self, Api, DeployError, Use};
use lambda_img::digest::Digest;
use lambda_img::http::RetryPolicy;
use lambda_img::reference::Reference;
use lambda_img::work::Interrupted;

use crate::cli::options::headings::DEPLOYMENT;
use crate::cli::options::jobs::Jobs;
use crate::cli::options::registries::Network;
use crate::cli::options::{interrupt, references};
use crate::cli::show::clock::Waiting;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// Which repositories and which functions are looked at.
#[derive(clap::Args)]
#[group(skip)]
pub struct Looked {
    /// Look at these repositories of Amazon ECR
    #[arg(required = true, value_name = "REGISTRY/REPOSITORY", value_parser = references::repository)]
    pub repositories: Vec<Reference>,

    /// Look at the functions of this account too, in the Region of the repository; repeatable
    ///
    /// The functions of the repository's own account are always looked at. The credentials are those of the registry of
    /// that account and Region in lambda-img.toml.
    #[arg(help_heading = DEPLOYMENT, long = "account", value_name = "ACCOUNT", value_parser = account)]
    pub accounts: Vec<String>,

    #[command(flatten)]
    pub net: Network,

    #[command(flatten)]
    pub jobs: Jobs,
}

/// The twelve digits of an account.
fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("is not an account: write its twelve digits".to_owned()),
    }
}

/// What the functions of accounts use, by digest: each use with its account.
pub type Uses = BTreeMap<Digest, Vec<(String, Use)>>;

/// What asks AWS.
pub struct Asking {
    pub ecr: Arc<Ecr>,
    clock: Waiting,
    retry: RetryPolicy,
    jobs: NonZeroUsize,
    interrupted: &'static AtomicBool,
}

impl Looked {
    /// Ready to ask, for the command of this name.
    pub fn asking(&self, command: &str, quiet: bool) -> Result<Asking, CliError> {
        Asking::new(&self.net, &self.jobs, (command, quiet))
    }

    /// The registry of a repository, which has to be one of Amazon ECR.
    pub fn host(repository: &Reference) -> Result<EcrHost, CliError> {
        EcrHost::parse(repository.registry()).ok_or_else(|| usage::deploy::not_in_ecr(repository))
    }

    /// The accounts whose functions are looked at: that of the repository first.
    pub fn accounts_of(&self, host: &EcrHost) -> BTreeSet<String> {
        self.accounts.iter().cloned().chain([host.account.clone()]).collect()
    }
}

/// A version that uses an image, with the aliases that name it and what else keeps it.
pub fn by_text((account, by): &(String, Use)) -> String {
    let mut more = by.aliases.clone();
    more.extend(by.snapstart.then(|| "SnapStart".to_owned()));
    more.extend((by.provisioned > 0).then(|| format!("provisioned concurrency {}", by.provisioned)));
    more.extend((by.executions > 0).then(|| format!("{} durable executions", by.executions)));
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    format!("{account}/{}:{}{more}", by.function, by.version)
}

/// Of which uses it is asked what else keeps a version besides its image.
pub enum Detail<'a> {
    /// Of none.
    None,
    /// Of these images, and no other uses are returned.
    Of(&'a BTreeSet<Digest>),
    /// Of all.
    All,
}

impl Asking {
    /// Ready to ask, for the command of this name, which may have to be quiet.
    pub fn new(net: &Network, jobs: &Jobs, (command, quiet): (&str, bool)) -> Result<Self, CliError> {
        if net.offline {
            return Err(usage::options::offline(command));
        }
        let interrupted = interrupt::watch()?;
        let jobs = jobs.count();
        let ecr = net.access(jobs, quiet, &[])?.connection.ecr;
        let retry = RetryPolicy { retries: net.reach.retries, ..RetryPolicy::default() };
        Ok(Self { ecr, clock: Waiting::new(interrupted), retry, jobs, interrupted })
    }

    /// What the functions of these accounts use in the Region of `host`, by digest.
    pub fn used(
        &self,
        host: &EcrHost,
        accounts: &BTreeSet<String>,
        detail: &Detail<'_>,
    ) -> Result<Uses, CliError> {
        let api = Api::new(&self.ecr, &self.clock, self.retry.clone());
        let mut all = Uses::new();
        for account in accounts {
            let there = host.elsewhere(account, &host.region);
            let mut found = deploy::used(&api, &there, self.jobs)?;
            if let Detail::Of(digests) = detail {
                found.retain(|by| digests.contains(&by.digest));
            }
            if !matches!(detail, Detail::None) {
                deploy::detail(&api, &there, &mut found, self.jobs)?;
            }
            for by in found {
                all.entry(by.digest).or_default().push((account.clone(), by));
            }
        }
        Ok(all)
    }

    /// Whether the user did not interrupt.
    ///
    /// # Errors
    /// The interrupt.
    pub fn goes_on(&self) -> Result<(), DeployError> {
        if self.interrupted.load(Ordering::Relaxed) { Err(Interrupted.into()) } else { Ok(()) }
    }

    /// How many tasks of Amazon ECS and pods of Amazon EKS run each image of a repository; `None`, with a note, where
    /// Amazon Inspector does not tell.
    pub fn running(&self, host: &EcrHost, repository: &Reference) -> Option<BTreeMap<Digest, u64>> {
        match self.ecr.running(host, repository.repository()) {
            Ok(found) => Some(found),
            Err(error) => {
                status!(
                    "note: {repository}: whether Amazon ECS or Amazon EKS runs an image is not known: {error}"
                );
                None
            }
        }
    }
}
