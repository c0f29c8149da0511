//! `lambda-img cache policy`: a lifecycle policy for a registry cache in Amazon ECR.

use lambda_img::registry_cache;
use serde_json::{Value, json};

use crate::cli::show::error::CliError;
use crate::cli::show::stdout;

/// ECR keeps an archived image for at least so many days (Amazon ECR user guide, "Archiving an image").
const ARCHIVED_DAYS: u32 = 90;

#[derive(clap::Args)]
#[group(skip)]
pub struct CachePolicy {
    /// Let entries go that were not pulled for this many days
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub older_than: u32,
    /// Delete entries this many days after they were pushed, used or not, instead of archiving what is not used
    #[arg(long)]
    pub no_archive: bool,
}

pub fn run(args: &CachePolicy) -> Result<(), CliError> {
    stdout::print_indented(&policy(args))
}

/// The policy. ECR can expire images by the time of their push alone; by that of their last pull it can only archive them.
/// A pattern per rule: a rule of several selects what has a tag for each. Untagged images can be those of other tools: no
/// rule selects them (Amazon ECR user guide, "Lifecycle policy properties in Amazon ECR").
fn policy(args: &CachePolicy) -> Value {
    let rules = |describe: &str, count_type: &str, days: u32, action: Value| -> Vec<Value> {
        let rule = |prefix: &String| {
            json!({
                "description": format!("{describe}: {prefix}"),
                "selection": {"tagStatus": "tagged", "tagPatternList": [format!("{prefix}*")], "countType": count_type,
                    "countUnit": "days", "countNumber": days},
                "action": action,
            })
        };
        registry_cache::tag_prefixes().iter().map(rule).collect()
    };
    let expire = json!({"type": "expire"});
    let mut all;
    if args.no_archive {
        all = rules("Delete old entries", "sinceImagePushed", args.older_than, expire);
    } else {
        let archive = json!({"type": "transition", "targetStorageClass": "archive"});
        all = rules("Archive entries that are not used", "sinceImagePulled", args.older_than, archive);
        let mut archived = rules("Delete archived entries", "sinceImageTransitioned", ARCHIVED_DAYS, expire);
        archived.iter_mut().for_each(|rule| rule["selection"]["storageClass"] = "archive".into());
        all.extend(archived);
    }
    for (rule, priority) in all.iter_mut().zip(1..) {
        rule["rulePriority"] = json!(priority);
    }
    json!({"rules": all})
}
