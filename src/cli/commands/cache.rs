//! `lambda-img cache`: shows, verifies and prunes the cache.

use clap::Subcommand;
use lambda_img::store::cache::{Cache, Info, Limits, Pruned, Verified};

use crate::cli::options::cache_dir::CacheDir;
use crate::cli::options::values;
use crate::cli::show::error::CliError;
use crate::cli::show::json::cache as object;
use crate::cli::show::json::values::Version;
use crate::cli::show::{clock, stdout, ui};

const DAY: i64 = 24 * 60 * 60;

#[derive(Subcommand)]
pub enum CacheCommand {
    /// Show the path and the size of the cache
    #[group(skip)]
    Info {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-info.json)
        #[arg(long)]
        json: bool,
    },
    /// Read every file of the cache, and remove corrupt ones
    #[group(skip)]
    Verify {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-verify.json)
        #[arg(long)]
        json: bool,
    },
    /// Remove files that exceed the limits, least recently used first; without limits, remove all
    #[group(skip)]
    Prune {
        #[command(flatten)]
        cache: CacheDir,
        /// Keep at most this much: bytes, or a size such as 5GB or 500MiB
        #[arg(long, value_name = "SIZE", value_parser = values::size)]
        max_size: Option<u64>,
        /// Remove files that were not used for this many days
        #[arg(long, value_name = "DAYS")]
        older_than: Option<u32>,
        /// Print one JSON object (docs/schemas/cache-prune.json)
        #[arg(long)]
        json: bool,
    },
}

pub fn run(command: CacheCommand) -> Result<(), CliError> {
    match command {
        CacheCommand::Info { cache, json } => {
            let cache = cache.named()?;
            let info = cache.info().map_err(CliError::Cache)?;
            if json {
                return stdout::print_json(&object::Info {
                    version: Version,
                    path: path(&cache),
                    kept: info.into(),
                });
            }
            let path = ui::clean(&path(&cache));
            let Info { blobs, partial, records, roots, bytes } = info;
            stdout::print(&format!(
                "path     {path}\nblobs    {blobs}\npartial  {partial}\nrecords  {records}\nroots    {roots}\nbytes    {bytes} ({})\n",
                ui::bytes(bytes)
            ))
        }
        CacheCommand::Verify { cache, json } => {
            let cache = cache.named()?;
            let verified = cache.verify().map_err(CliError::Cache)?;
            for path in &verified.removed {
                status!("removed {path}, which was corrupt");
            }
            status!("{} files are intact, {} were corrupt", verified.whole, verified.removed.len());
            if !json {
                return Ok(());
            }
            let Verified { whole, removed } = verified;
            stdout::print_json(&object::Verify { version: Version, path: path(&cache), whole, removed })
        }
        CacheCommand::Prune { cache, max_size, older_than, json } => {
            let now = clock::now().as_second();
            let used_since = older_than.map(|days| now - i64::from(days) * DAY);
            let cache = cache.named()?;
            let pruned = cache.prune(Limits { max_size, used_since }).map_err(CliError::Cache)?;
            let left = pruned.left;
            status!(
                "removed {} files ({}); kept {} files ({})",
                pruned.removed,
                ui::bytes(pruned.freed),
                left.blobs + left.partial + left.records + left.roots,
                ui::bytes(left.bytes)
            );
            if !json {
                return Ok(());
            }
            let Pruned { removed, freed, left } = pruned;
            let (path, left) = (path(&cache), left.into());
            stdout::print_json(&object::Prune { version: Version, path, removed, freed, left })
        }
    }
}

/// Where a cache is.
fn path(cache: &Cache) -> String {
    cache.root().display().to_string()
}
