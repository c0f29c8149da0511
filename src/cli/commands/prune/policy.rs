//! `lambda-img prune --policy`: a lifecycle policy of Amazon ECR that keeps what the tags of deployments name.

use lambda_img::deploy::IN_USE;
use lambda_img::reference::Reference;
use serde_json::{Value, json};

use crate::cli::commands::in_use::Looked;
use crate::cli::show::error::CliError;
use crate::cli::show::stdout;

/// More images than have such tags, as in the example of the AWS CDK for images that are never to expire
/// (`aws_ecr.LifecycleRule`).
const ALL: u32 = 9999;

/// Prints the policy, and how it is given to the repositories.
pub fn print(repositories: &[Reference], days: u32, archive: bool, quiet: bool) -> Result<(), CliError> {
    for repository in repositories {
        let host = Looked::host(repository)?;
        if !quiet {
            status!(
                "to use it: aws ecr put-lifecycle-policy --region {} --registry-id {} --repository-name {} \
                 --lifecycle-policy-text file://policy.json",
                host.region,
                host.account,
                repository.repository()
            );
        }
    }
    stdout::print_json(&policy(days.max(1), archive))
}

/// The first rule never lets an image go: an image that it selects is safe from rules of lower priority (Amazon ECR user
/// guide, "Automate the cleanup of images by using lifecycle policies"). By the time of the last pull, ECR can only archive.
fn policy(days: u32, archive: bool) -> Value {
    let keep = json!({
        "rulePriority": 1,
        "description": "Keep what functions use",
        "selection": {"tagStatus": "tagged", "tagPatternList": [format!("{IN_USE}*")], "countType": "imageCountMoreThan",
            "countNumber": ALL},
        "action": {"type": "expire"},
    });
    let (what, counted, action) = match archive {
        false => ("Delete old images", "sinceImagePushed", json!({"type": "expire"})),
        true => (
            "Archive images that are not pulled",
            "sinceImagePulled",
            json!({"type": "transition", "targetStorageClass": "archive"}),
        ),
    };
    let rest = json!({
        "rulePriority": 2,
        "description": what,
        "selection": {"tagStatus": "any", "countType": counted, "countUnit": "days", "countNumber": days},
        "action": action,
    });
    json!({"rules": [keep, rest]})
}
