//! What to do about a deployment that failed.

use lambda_img::deploy::{DeployError, explained_by};

use super::login::aws;
use super::reason_code::remedy;

/// What to do about it, if something helps.
pub fn deploy(error: &DeployError) -> Option<String> {
    Some(match error {
        DeployError::Aws(error) => aws(error),
        DeployError::Missing { .. } => {
            "`--create --role ARN` creates it, or your infrastructure code does; `lambda-img auth check` shows which account \
             the credentials belong to"
                .to_owned()
        }
        DeployError::NotImage { .. } => {
            "create a function with the package type Image, and move the triggers to it".to_owned()
        }
        DeployError::Archived { .. } => {
            "restore it with `aws ecr update-image-storage-class --target-storage-class STANDARD`, or push it again"
                .to_owned()
        }
        DeployError::NotShared { .. } => {
            "allow the principal lambda.amazonaws.com the actions ecr:BatchGetImage and ecr:GetDownloadUrlForLayer in the \
             policy of the repository"
                .to_owned()
        }
        DeployError::Failed { code, reason, .. } => match explained_by(code, reason) {
            [] => remedy(code).unwrap_or("the message is from Lambda").to_owned(),
            checks => {
                let pages: Vec<_> = checks.iter().map(|id| format!("`lambda-img explain {id}`")).collect();
                format!("{} explains it; `lambda-img check` looks for it in the image", pages.join(" or "))
            }
        },
        DeployError::TimedOut { .. } => {
            "run the command again: it continues from the state of the function; `--wait SECONDS` waits longer".to_owned()
        }
        DeployError::ChangedMeanwhile { .. } | DeployError::AliasMoved { .. } => {
            "find out which other deployment runs, and run the command again after it".to_owned()
        }
        DeployError::Tried { .. } => {
            "the logs of the function say more; the alias was not moved; to try again, correct the function and deploy it"
                .to_owned()
        }
        DeployError::Alarm { .. } => {
            "the new version is published and gets no invocations: correct the function and deploy it".to_owned()
        }
        DeployError::UnknownImage { .. } => {
            "nothing was deleted; look at the function with `aws lambda get-function`".to_owned()
        }
        DeployError::Answer { .. } => "nothing was changed; find out which server or proxy answers in the place of AWS".to_owned(),
        DeployError::OtherAccount { wanted, .. } => format!(
            "nothing was changed; set `aws-role` or `aws-profile` of the registry of account {wanted} under `registries` in `lambda-img.toml`"
        ),
        DeployError::NoAlias { .. } => "name another one with `--alias`; `lambda-img deploy --alias` creates it".to_owned(),
        DeployError::NothingBefore { .. } => "name a version with `--to VERSION`".to_owned(),
        _ => return None,
    })
}
