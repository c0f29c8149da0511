//! `lambda-img cache`: shows, verifies and prunes the cache.

mod options;
mod policy;
mod registry;

use clap::Subcommand;
use lambda_img::store::cache::{Cache, Info, Limits, Pruned, Verified};

use self::options::{CacheInfo, CachePrune, DAY};
use self::policy::CachePolicy;
use crate::cli::options::cache_dir::CacheDir;
use crate::cli::show::error::CliError;
use crate::cli::show::json::cache as object;
use crate::cli::show::json::values::Version;
use crate::cli::show::{clock, stdout, ui};

#[derive(Subcommand)]
pub enum CacheCommand {
    /// Show the path and the size of the cache, or what a repository has
    Info(Box<CacheInfo>),
    /// Read every file of the cache, and remove corrupt ones
    #[group(skip)]
    Verify {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-verify.json)
        #[arg(long)]
        json: bool,
    },
    /// Remove what exceeds the limits, oldest first; without limits, all of the local cache
    Prune(Box<CachePrune>),
    /// Print a lifecycle policy for a repository of Amazon ECR that machines share layers in
    Policy(CachePolicy),
}

pub fn run(command: CacheCommand) -> Result<(), CliError> {
    match command {
        CacheCommand::Info(args) => match &args.registry {
            Some(repository) => registry::info(&args, repository),
            None => info(&args),
        },
        CacheCommand::Verify { cache, json } => verify(&cache, json),
        CacheCommand::Prune(args) => match &args.registry {
            Some(repository) => registry::prune(&args, repository),
            None => prune(&args),
        },
        CacheCommand::Policy(args) => policy::run(&args),
    }
}

fn info(args: &CacheInfo) -> Result<(), CliError> {
    let cache = args.net.cache.named()?;
    let info = cache.info().map_err(CliError::Cache)?;
    if args.json {
        let info = object::LocalInfo { version: Version, path: path(&cache), kept: info.into() };
        return stdout::print_json(&object::Info::Local(info));
    }
    let path = ui::clean(&path(&cache));
    let Info { blobs, partial, records, roots, bytes } = info;
    stdout::print(&format!(
        "path     {path}\nblobs    {blobs}\npartial  {partial}\nrecords  {records}\nroots    {roots}\nbytes    {bytes} ({})\n",
        ui::bytes(bytes)
    ))
}

fn verify(cache: &CacheDir, json: bool) -> Result<(), CliError> {
    let cache = cache.named()?;
    let verified = cache.verify().map_err(CliError::Cache)?;
    for path in &verified.removed {
        status!("removed {path}, which was corrupt");
    }
    let (intact, corrupt) = (verified.whole, verified.removed.len());
    let verbs = [if intact == 1 { "is" } else { "are" }, if corrupt == 1 { "was" } else { "were" }];
    status!("{} {} intact, {corrupt} {} corrupt", ui::count(intact, "file", "files"), verbs[0], verbs[1]);
    if !json {
        return Ok(());
    }
    let Verified { whole, removed } = verified;
    stdout::print_json(&object::Verify { version: Version, path: path(&cache), whole, removed })
}

fn prune(args: &CachePrune) -> Result<(), CliError> {
    let now = clock::now().as_second();
    let used_since = args.older_than.map(|days| now - i64::from(days) * DAY);
    let cache = args.net.cache.named()?;
    let pruned = cache.prune(Limits { max_size: args.max_size, used_since }).map_err(CliError::Cache)?;
    let left = pruned.left;
    status!(
        "removed {} ({}); kept {} ({})",
        ui::count(pruned.removed, "file", "files"),
        ui::bytes(pruned.freed),
        ui::count(left.blobs + left.partial + left.records + left.roots, "file", "files"),
        ui::bytes(left.bytes)
    );
    if !args.json {
        return Ok(());
    }
    let Pruned { removed, freed, left } = pruned;
    let (path, left) = (path(&cache), left.into());
    let pruned = object::LocalPrune { version: Version, path, removed, freed, left };
    stdout::print_json(&object::Prune::Local(pruned))
}

/// Where a cache is.
fn path(cache: &Cache) -> String {
    cache.root().display().to_string()
}
