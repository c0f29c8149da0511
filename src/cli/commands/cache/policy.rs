//! `lambda-img cache policy`: a lifecycle policy for a registry cache in Amazon ECR.

use lambda_img::registry_cache::TAG_PREFIX;
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
    stdout::print_json(&policy(args))
}

/// The policy. ECR can expire images by the time of their push alone; by that of their last pull it can only archive them
/// (Amazon ECR user guide, "Lifecycle policy properties in Amazon ECR").
fn policy(args: &CachePolicy) -> Value {
    let entries = format!("{TAG_PREFIX}*");
    let tagged = |count_type: &str, days: u32| {
        json!({"tagStatus": "tagged", "tagPatternList": [entries], "countType": count_type, "countUnit": "days",
            "countNumber": days})
    };
    let mut selections = vec![(
        "Delete entries that were replaced",
        json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}),
        json!({"type": "expire"}),
    )];
    if args.no_archive {
        selections.push((
            "Delete entries some time after they were pushed",
            tagged("sinceImagePushed", args.older_than),
            json!({"type": "expire"}),
        ));
    } else {
        selections.push((
            "Archive entries that are not used",
            tagged("sinceImagePulled", args.older_than),
            json!({"type": "transition", "targetStorageClass": "archive"}),
        ));
        let mut archived = tagged("sinceImageTransitioned", ARCHIVED_DAYS);
        archived["storageClass"] = "archive".into();
        selections.push(("Delete entries that were archived", archived, json!({"type": "expire"})));
    }
    let rules = selections.into_iter().zip(1..).map(|((description, selection, action), priority)| {
        json!({"rulePriority": priority, "description": description, "selection": selection, "action": action})
    });
    json!({"rules": rules.collect::<Vec<_>>()})
}
