//! `lambda-img cache`: how much is kept, and less of it.

use lambda_img::store::cache::{Cache, Info, Limits, Pruned, Verified};

use super::args::CacheCommand;
use crate::cli::Outcome;
use crate::cli::options::clock;
use crate::cli::show::error::CliError;
use crate::cli::show::json::cache as object;
use crate::cli::show::json::values::Version;
use crate::cli::show::ui;

const DAY: i64 = 24 * 60 * 60;

pub fn run(command: CacheCommand) -> Outcome {
    match command {
        CacheCommand::Info { cache, json } => {
            let cache = cache.named()?;
            let info = cache.info().map_err(CliError::Cache)?;
            if json {
                return ui::print_json(&object::Info {
                    version: Version,
                    path: path(&cache),
                    kept: info.into(),
                });
            }
            let path = ui::clean(&path(&cache));
            let Info { blobs, partial, records, bytes } = info;
            ui::print(&format!(
                "path     {path}\nblobs    {blobs}\npartial  {partial}\nrecords  {records}\nbytes    {bytes} ({})\n",
                ui::bytes(bytes)
            ))
        }
        CacheCommand::Verify { cache, json } => {
            let cache = cache.named()?;
            let verified = cache.verify().map_err(CliError::Cache)?;
            for path in &verified.removed {
                eprintln!("removed {path}: corrupt");
            }
            eprintln!("{} files are whole, {} were not", verified.whole, verified.removed.len());
            if !json {
                return Ok(());
            }
            let Verified { whole, removed } = verified;
            ui::print_json(&object::Verify { version: Version, path: path(&cache), whole, removed })
        }
        CacheCommand::Prune { cache, max_size, older_than, json } => {
            let now = clock::now().as_second();
            let used_since = older_than.map(|days| now - i64::from(days) * DAY);
            let cache = cache.named()?;
            let pruned = cache.prune(Limits { max_size, used_since }).map_err(CliError::Cache)?;
            let left = pruned.left;
            eprintln!(
                "removed {} files, {}; left {} files, {}",
                pruned.removed,
                ui::bytes(pruned.freed),
                left.blobs + left.partial + left.records,
                ui::bytes(left.bytes)
            );
            if !json {
                return Ok(());
            }
            let Pruned { removed, freed, left } = pruned;
            let (path, left) = (path(&cache), left.into());
            ui::print_json(&object::Prune { version: Version, path, removed, freed, left })
        }
    }
}

/// Where a cache is.
fn path(cache: &Cache) -> String {
    cache.root().display().to_string()
}
