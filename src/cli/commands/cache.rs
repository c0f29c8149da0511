//! `lambda-img cache`: how much is kept, and less of it.

use std::path::Path;

use clap::Subcommand;
use lambda_img::store::cache::{Info, Limits};
use serde_json::{Value, json};

use crate::cli::options::cache_dir::CacheDir;
use crate::cli::options::values;
use crate::cli::show::error::CliError;
use crate::cli::show::{clock, stdout, ui};

const DAY: i64 = 24 * 60 * 60;

#[derive(Subcommand)]
pub enum CacheCommand {
    /// Tell where it is and how much is in it
    Info {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-info.json)
        #[arg(long)]
        json: bool,
    },
    /// Read everything that is kept, and remove what is corrupt
    Verify {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-verify.json)
        #[arg(long)]
        json: bool,
    },
    /// Remove what exceeds the limits, the least recently used first; without limits, everything
    Prune {
        #[command(flatten)]
        cache: CacheDir,
        /// The most to keep: bytes, or as 5GB, 500MiB
        #[arg(long, value_name = "SIZE", value_parser = values::size)]
        max_size: Option<u64>,
        /// Remove what was not used for so many days
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
                return object(cache.root(), kept(info));
            }
            let path = ui::clean(&cache.root().display().to_string());
            let Info { blobs, partial, records, bytes } = info;
            stdout::print(&format!(
                "path     {path}\nblobs    {blobs}\npartial  {partial}\nrecords  {records}\nbytes    {bytes} ({})\n",
                ui::bytes(bytes)
            ))
        }
        CacheCommand::Verify { cache, json } => {
            let cache = cache.named()?;
            let verified = cache.verify().map_err(CliError::Cache)?;
            for path in &verified.removed {
                status!("removed {path}: corrupt");
            }
            status!("{} files are whole, {} were not", verified.whole, verified.removed.len());
            if !json {
                return Ok(());
            }
            object(cache.root(), json!({ "whole": verified.whole, "removed": verified.removed }))
        }
        CacheCommand::Prune { cache, max_size, older_than, json } => {
            let now = clock::now().as_second();
            let used_since = older_than.map(|days| now - i64::from(days) * DAY);
            let cache = cache.named()?;
            let pruned = cache.prune(Limits { max_size, used_since }).map_err(CliError::Cache)?;
            let left = pruned.left;
            status!(
                "removed {} files, {}; left {} files, {}",
                pruned.removed,
                ui::bytes(pruned.freed),
                left.blobs + left.partial + left.records,
                ui::bytes(left.bytes)
            );
            if !json {
                return Ok(());
            }
            object(
                cache.root(),
                json!({ "removed": pruned.removed, "freed": pruned.freed, "left": kept(left) }),
            )
        }
    }
}

/// What is kept; sizes are bytes.
fn kept(Info { blobs, partial, records, bytes }: Info) -> Value {
    json!({ "blobs": blobs, "partial": partial, "records": records, "bytes": bytes })
}

/// Prints version 1 of an object (`docs/schemas/cache-….json`) of what is said of the cache there.
fn object(root: &Path, mut said: Value) -> Result<(), CliError> {
    said["version"] = 1.into();
    said["path"] = root.display().to_string().into();
    stdout::print_json(&said)
}
