//! The IAM policy that a user of ECR needs, to paste.

use lambda_img::credentials::ecr::EcrHost;
use lambda_img::registry::{Status, Step};

use super::json::iam_policy::{Actions, IamPolicy, Statement};

/// What a push calls (Amazon ECR user guide, "pushing an image"); the last two are what reading and
/// mounting call. `ecr:CreateRepository` is for `--create-repository`.
pub const PUSH: [&str; 8] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
    "ecr:CreateRepository",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
];

/// The action that a step of a push takes (Amazon ECR user guide, "pushing an image"; that a manifest is
/// read by BatchGetImage and a layer looked for by BatchCheckLayerAvailability follows from their names).
pub fn action(step: Step) -> &'static str {
    match step {
        Step::ReadManifest => "ecr:BatchGetImage",
        Step::FindBlob => "ecr:BatchCheckLayerAvailability",
        Step::BeginUpload => "ecr:InitiateLayerUpload",
    }
}

/// The action that AWS's words say is denied, as in "User: … is not authorized to perform: ecr:PutImage on
/// resource: …".
pub fn denied(status: &Status) -> Option<String> {
    let words = status.errors.iter().flat_map(|error| [&error.code, &error.message]);
    words.filter_map(|words| words.split_once("not authorized to perform: ")).find_map(|(_, rest)| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(rest.len());
        rest.starts_with("ecr:").then(|| rest[..end].to_owned())
    })
}

/// The least that building, pushing and reading back need, for one repository or for all.
pub fn policy(host: &EcrHost, repository: Option<&str>) -> IamPolicy {
    let partition = match host.region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("eusc") => "aws-eusc",
        _ if host.region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let (region, account, repository) = (&host.region, &host.account, repository.unwrap_or("*"));
    let statement = |action, resource| Statement { effect: "Allow", action, resource };
    IamPolicy {
        version: "2012-10-17",
        statement: vec![
            statement(Actions::One("ecr:GetAuthorizationToken"), "*".to_owned()),
            statement(
                Actions::Several(&PUSH),
                format!("arn:{partition}:ecr:{region}:{account}:repository/{repository}"),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_for_the_host_s_own_partition() {
        let arn = |host: &str, repository| {
            policy(&EcrHost::parse(host).unwrap(), repository).statement.remove(1).resource
        };
        assert_eq!(
            arn("123456789012.dkr.ecr.eu-west-1.amazonaws.com", Some("team/fn")),
            "arn:aws:ecr:eu-west-1:123456789012:repository/team/fn"
        );
        assert_eq!(
            arn("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", None),
            "arn:aws-cn:ecr:cn-north-1:123456789012:repository/*"
        );
    }
}
