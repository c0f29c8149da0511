//! `lambda-img prune`: deletes images that no function uses, once a plan has shown them.

mod policy;

use std::collections::BTreeMap;

use lambda_img::credentials::RepositoryImage;
use lambda_img::credentials::ecr::{DELETE_BATCH, EcrError, EcrHost};
use lambda_img::deploy::DeployError;
use lambda_img::digest::Digest;
use lambda_img::prune::{self, Image, Keep, Plan, Rules};
use lambda_img::reference::Reference;

use super::in_use::{Asking, Detail, Looked};
use crate::cli::options::headings::DEPLOYMENT;
use crate::cli::options::lock_file;
use crate::cli::show::error::CliError;
use crate::cli::show::json::prune as json;
use crate::cli::show::{clock, stdout, ui, usage};

/// The seconds of a day.
const DAY: i64 = 24 * 60 * 60;

#[derive(clap::Args)]
#[group(skip)]
pub struct Prune {
    #[command(flatten)]
    pub looked: Looked,

    /// Delete what the plan lists; without this option, nothing is deleted
    #[arg(help_heading = DEPLOYMENT, long)]
    pub delete: bool,

    /// Archive what the plan lists, instead of deleting it: archived images can be restored
    ///
    /// Amazon ECR bills an archived image for at least 90 days.
    #[arg(help_heading = DEPLOYMENT, long, conflicts_with = "delete")]
    pub archive: bool,

    /// Print a lifecycle policy that keeps what the tags of deploy --tag-in-use name, and look at nothing
    ///
    /// The policy lets images go that were pushed more than --keep-days ago; with --archive, it archives those that were
    /// not pulled since.
    #[arg(help_heading = DEPLOYMENT, hide_short_help = true, long, conflicts_with = "delete")]
    pub policy: bool,

    /// Keep the images that were pushed last, this many of each repository
    #[arg(help_heading = DEPLOYMENT, long, value_name = "N", default_value = "10")]
    pub keep_last: usize,

    /// Keep what was pushed or pulled in the last days, this many
    #[arg(help_heading = DEPLOYMENT, long, value_name = "DAYS", default_value = "30")]
    pub keep_days: u32,

    /// Prune although functions of other accounts, which may pull, were not looked at
    #[arg(help_heading = DEPLOYMENT, long)]
    pub accounts_complete: bool,

    /// Print one JSON object (docs/schemas/prune.json)
    #[arg(long)]
    pub json: bool,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &Prune) -> Result<(), CliError> {
    if args.policy {
        return policy::print(&args.looked.repositories, args.keep_days, args.archive, args.quiet);
    }
    let asking = args.looked.asking("prune", true)?;
    let mut ended = Vec::new();
    let mut failed = 0;
    for repository in &args.looked.repositories {
        let host = Looked::host(repository)?;
        let (images, plan) = planned(args, &asking, &host, repository)?;
        if !args.json {
            stdout::print(&text(repository, &images, &plan))?;
        }
        let does = if args.delete || args.archive { Some(args.archive) } else { None };
        let left = match does {
            Some(archives) => remove(&asking, (&host, repository), &plan, archives)?,
            None => Vec::new(),
        };
        failed += left.len();
        if !args.quiet {
            let (go, stay) = (plan.delete.iter().flatten().count(), plan.keep.len());
            let verb = match does {
                None => "would delete",
                Some(false) => "deleted",
                Some(true) => "archived",
            };
            let gone = go - left.len();
            status!("{repository}: {verb} {gone} images, {} at most; {stay} stay", ui::bytes(plan.bytes));
        }
        ended.push(json::Repository::of(repository, &plan, (args.delete, args.archive), left));
    }
    if args.json {
        stdout::print_json(&json::Prune::of(ended))?;
    }
    if failed > 0 { Err(CliError::NotRemoved { entries: failed }) } else { Ok(()) }
}

/// The images of a repository, and what would go.
fn planned(
    args: &Prune,
    asking: &Asking,
    host: &EcrHost,
    repository: &Reference,
) -> Result<(BTreeMap<Digest, RepositoryImage>, Plan), CliError> {
    let aws = |error: EcrError| CliError::from(DeployError::from(error));
    let accounts = args.looked.accounts_of(host);
    if !args.accounts_complete {
        let policy = asking.ecr.repository_policy(host, repository.repository()).map_err(aws)?;
        let pullers = policy.map(|policy| prune::pullers(&policy)).transpose().map_err(CliError::Prune)?;
        let pullers = pullers.unwrap_or_default();
        let unseen: Vec<_> = pullers.accounts.difference(&accounts).cloned().chain(pullers.others).collect();
        if !unseen.is_empty() {
            return Err(usage::deploy::accounts_not_looked_at(repository, &unseen.join(", ")));
        }
    }
    // First the images, then what uses them: one that is pushed and deployed meanwhile is not in the list.
    let listed = asking.ecr.images(host, repository.repository()).map_err(aws)?;
    let digests: Vec<_> = listed.iter().map(|image| image.digest).collect();
    let manifests = asking.ecr.manifests(host, repository.repository(), &digests).map_err(aws)?;
    let manifests: BTreeMap<_, _> = manifests.into_iter().collect();
    let used = asking.used(host, &accounts, &Detail::None)?;
    let running = asking.running(host, repository).unwrap_or_default();
    let images: Vec<_> = listed
        .iter()
        .map(|image| Image {
            digest: image.digest,
            size: image.size,
            pushed: image.pushed,
            used: image.pulled.unwrap_or(image.pushed),
            links: manifests.get(&image.digest).and_then(|manifest| prune::links(manifest)),
        })
        .collect();
    let pins = lock_file::find()?.pins;
    let used = used.into_keys().chain(running.into_keys()).collect();
    let keep = Keep { used, pinned: pins.iter().map(|pin| pin.digest).collect() };
    let since = clock::now().as_second() - i64::from(args.keep_days) * DAY;
    let rules = Rules { last: args.keep_last, since: (args.keep_days > 0).then_some(since) };
    let plan = prune::plan(&images, &keep, &rules).map_err(CliError::Prune)?;
    Ok((listed.into_iter().map(|image| (image.digest, image)).collect(), plan))
}

/// Deletes or archives round by round: an index before its images, referrers before their subjects. What is left, and why.
/// An error says how many are gone.
fn remove(
    asking: &Asking,
    (host, repository): (&EcrHost, &Reference),
    plan: &Plan,
    archives: bool,
) -> Result<Vec<(Digest, String)>, CliError> {
    let (name, verb) = (repository.repository(), if archives { "archived" } else { "deleted" });
    let (mut gone, mut left) = (0, Vec::new());
    let batches = plan.delete.iter().flat_map(|round| round.chunks(if archives { 1 } else { DELETE_BATCH }));
    for batch in batches {
        let failed = asking.goes_on().and_then(|()| match (archives, batch) {
            (true, [one]) => Ok(asking.ecr.archive_image(host, name, *one)?.into_iter().collect()),
            _ => Ok(asking.ecr.delete_images(host, name, batch)?),
        });
        let failed = failed.inspect_err(|_| {
            status!("{repository}: {verb} {gone} images before the error; the rest is as it was");
        })?;
        gone += batch.len() - failed.len();
        for one in failed {
            status!("not {verb}: {}: {}", one.digest, one.why);
            left.push((one.digest, one.why));
        }
    }
    Ok(left)
}

/// What would go, oldest first.
fn text(repository: &Reference, images: &BTreeMap<Digest, RepositoryImage>, plan: &Plan) -> String {
    let mut go: Vec<_> = plan.delete.iter().flatten().filter_map(|digest| images.get(digest)).collect();
    go.sort_by_key(|image| (image.pushed, image.digest));
    if go.is_empty() {
        return format!("{repository}: nothing to delete\n");
    }
    let mut rows = vec![["DIGEST", "SIZE", "PUSHED", "TAGS"].map(str::to_owned).to_vec()];
    rows.extend(go.iter().map(|image| {
        vec![
            image.digest.to_string(),
            ui::bytes(image.size),
            ui::time(image.pushed).split(' ').next().unwrap_or_default().to_owned(),
            if image.tags.is_empty() { "-".to_owned() } else { image.tags.join(", ") },
        ]
    }));
    format!("{repository}\n{}", ui::table(&rows, &[1]))
}
