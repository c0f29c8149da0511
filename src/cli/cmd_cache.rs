//! `lambda-img cache`: how much is kept, and less of it.

use jiff::Timestamp;
use lambda_img::store::cache::{Info, Limits};
use serde_json::json;

use super::args::CacheCommand;
use super::failure::Failure;
use super::{Outcome, ui};

const DAY: i64 = 24 * 60 * 60;

pub fn run(command: CacheCommand) -> Outcome {
    match command {
        CacheCommand::Info { cache, json } => {
            let cache = cache.open()?;
            let Info { blobs, partial, records, bytes } = cache.info().map_err(Failure::Cache)?;
            let path = cache.root().display().to_string();
            if json {
                let object = json!({ "version": 1, "path": path, "blobs": blobs, "partial": partial, "records": records, "bytes": bytes });
                return ui::print(&format!("{object}\n"));
            }
            ui::print(&format!(
                "path     {path}\nblobs    {blobs}\npartial  {partial}\nrecords  {records}\nbytes    {bytes} ({})\n",
                ui::bytes(bytes)
            ))
        }
        CacheCommand::Verify { cache } => {
            let verified = cache.open()?.verify().map_err(Failure::Cache)?;
            for path in &verified.removed {
                eprintln!("removed {path}: corrupt");
            }
            eprintln!("{} files are whole, {} were not", verified.whole, verified.removed.len());
            Ok(())
        }
        CacheCommand::Prune { cache, max_size, older_than } => {
            let now = Timestamp::now().as_second();
            let used_since = older_than.map(|days| now - i64::from(days) * DAY);
            let pruned = cache.open()?.prune(Limits { max_size, used_since }).map_err(Failure::Cache)?;
            let left = pruned.left;
            eprintln!(
                "removed {} files, {}; left {} files, {}",
                pruned.removed,
                ui::bytes(pruned.freed),
                left.blobs + left.partial + left.records,
                ui::bytes(left.bytes)
            );
            Ok(())
        }
    }
}
