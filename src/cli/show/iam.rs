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

/// What a repository is used for, other than pushes of images and deployments.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Use {
    /// Take layers from the registry cache
    CacheRead,
    /// Take layers from the registry cache, and write to it
    CacheWrite,
    /// `cache info --registry`
    CacheInfo,
    /// `cache prune --registry`
    CachePrune,
    /// `base sync`
    BaseSync,
    /// `images --in-use`
    Images,
    /// `prune`
    Prune,
    /// `rebase --push` to this repository
    Rebase,
    /// `rebase --account` that pushes to this repository
    RebaseAccount,
}

/// What taking layers calls: a manifest is an image to ECR. A push that mounts a layer from the cache needs
/// `GetDownloadUrlForLayer` of it (Amazon ECR user guide, "Blob mounting").
const CACHE_READ: [&str; 2] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// What a push calls to a repository that exists, besides reading. A writer looks for an entry before it writes one, and
/// `base sync` for a copy.
const WRITE: [&str; 5] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
];

/// What listing and deleting entries calls: ECR's API alone, which wants no login to the registry.
const CACHE_INFO: [&str; 1] = ["ecr:DescribeImages"];
const CACHE_PRUNE: [&str; 2] = ["ecr:DescribeImages", "ecr:BatchDeleteImage"];

/// What `prune` calls of a repository. `UpdateImageStorageClass` is for `--archive`.
const PRUNE: [&str; 5] = [
    "ecr:DescribeImages",
    "ecr:BatchGetImage",
    "ecr:GetRepositoryPolicy",
    "ecr:BatchDeleteImage",
    "ecr:UpdateImageStorageClass",
];

/// What `prune` calls of the functions that may use images, and what `images --in-use` also calls, to say why.
const USED: [&str; 1] = ["lambda:GetFunction"];
const WHY_USED: [&str; 3] = [
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListDurableExecutionsByFunction",
];

/// Lists of functions and of what Inspector covers are not of one resource (Service Authorization Reference, "AWS Lambda",
/// "Amazon Inspector2").
const LISTS: [&str; 2] = ["lambda:ListFunctions", "inspector2:ListCoverage"];

impl Use {
    /// The least that it needs, for one repository or for all.
    pub fn policy(self, host: &EcrHost, repository: Option<&str>) -> IamPolicy {
        let write = || [&CACHE_READ[..], &WRITE].concat();
        // Whether an image that is not found is archived.
        let rebase = || with(host, repository, &[&write()[..], &CACHE_INFO].concat());
        let why = [&USED[..], &WHY_USED].concat();
        match self {
            Self::CacheRead => with(host, repository, &CACHE_READ),
            Self::CacheWrite | Self::BaseSync => with(host, repository, &write()),
            Self::Rebase => rebase(),
            Self::RebaseAccount => of_functions(host, rebase(), (&why, &LISTS[..1])),
            Self::CacheInfo => of_repository(host, repository, &CACHE_INFO),
            Self::CachePrune => of_repository(host, repository, &CACHE_PRUNE),
            Self::Images => of_functions(host, of_repository(host, repository, &CACHE_INFO), (&why, &LISTS)),
            Self::Prune => of_functions(host, of_repository(host, repository, &PRUNE), (&USED, &LISTS)),
        }
    }
}

/// What `deploy` reads of a repository (Amazon ECR user guide; `DescribeImages` tells whether an image is archived).
const READ: [&str; 3] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:DescribeImages"];

/// What moves a tag, besides.
const TAG: [&str; 2] = ["ecr:DescribeRepositories", "ecr:PutImage"];

/// What `deploy` and `rollback` call of a function (Service Authorization Reference, "AWS Lambda"); the last one is for
/// `--try`.
const DEPLOY: [&str; 8] = [
    "lambda:GetFunction",
    "lambda:GetAlias",
    "lambda:ListVersionsByFunction",
    "lambda:UpdateFunctionCode",
    "lambda:PublishVersion",
    "lambda:CreateAlias",
    "lambda:UpdateAlias",
    "lambda:InvokeFunction",
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
    with(host, repository, &PUSH)
}

/// The least that `deploy` and `rollback` need, for one repository or for all, and a function of its account;
/// with the tag that says that an image is in use, and the role that a function gets which `deploy` creates.
pub fn deployment(
    host: &EcrHost,
    repository: Option<&str>,
    function: &str,
    (tags, role): (bool, Option<&str>),
) -> IamPolicy {
    let (partition, region, account) = (host.partition(), &host.region, &host.account);
    let mut policy = with(host, repository, &[&READ[..], if tags { &TAG } else { &[] }].concat());
    let arn = format!("arn:{partition}:lambda:{region}:{account}:function:{function}");
    // The second one is for its versions and aliases.
    for resource in [arn.clone(), format!("{arn}:*")] {
        policy.statement.push(Statement {
            effect: "Allow",
            action: Actions::Several(DEPLOY.to_vec()),
            resource,
        });
    }
    let mut allow = |action, resource: &str| {
        let (action, resource) = (Actions::One(action), resource.to_owned());
        policy.statement.push(Statement { effect: "Allow", action, resource });
    };
    // For `--alarm`. Composite alarms are described only to a user who may describe all (CloudWatch API reference,
    // `DescribeAlarms`).
    allow("cloudwatch:DescribeAlarms", "*");
    // For `--create`: a function gets a role only from a user who may pass it on.
    if let Some(role) = role {
        allow("lambda:CreateFunction", &arn);
        allow("iam:PassRole", role);
    }
    policy
}

/// The actions and a login to the registry.
fn with(host: &EcrHost, repository: Option<&str>, actions: &[&'static str]) -> IamPolicy {
    let mut policy = of_repository(host, repository, actions);
    let (action, resource) = (Actions::One("ecr:GetAuthorizationToken"), "*".to_owned());
    policy.statement.insert(0, Statement { effect: "Allow", action, resource });
    policy
}

/// The policy, and what looks at the functions of the account and the Region: actions on each, and lists.
fn of_functions(
    host: &EcrHost,
    mut policy: IamPolicy,
    (actions, lists): (&[&'static str], &[&'static str]),
) -> IamPolicy {
    let (partition, region, account) = (host.partition(), &host.region, &host.account);
    let functions = format!("arn:{partition}:lambda:{region}:{account}:function:*");
    let mut allow = |action, resource| policy.statement.push(Statement { effect: "Allow", action, resource });
    allow(Actions::Several(actions.to_vec()), functions);
    allow(Actions::Several(lists.to_vec()), "*".to_owned());
    policy
}

fn of_repository(host: &EcrHost, repository: Option<&str>, actions: &[&'static str]) -> IamPolicy {
    let partition = host.partition();
    let (region, account, repository) = (&host.region, &host.account, repository.unwrap_or("*"));
    let resource = format!("arn:{partition}:ecr:{region}:{account}:repository/{repository}");
    let statement = vec![Statement { effect: "Allow", action: Actions::Several(actions.to_vec()), resource }];
    IamPolicy { version: "2012-10-17", statement }
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
        let host = EcrHost::parse("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com").unwrap();
        let resources: Vec<_> = deployment(
            &host,
            Some("fn"),
            "orders",
            (false, Some("arn:aws-us-gov:iam::123456789012:role/fn")),
        )
        .statement
        .into_iter()
        .map(|one| one.resource)
        .collect();
        assert_eq!(
            resources,
            [
                "*",
                "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/fn",
                "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders",
                "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders:*",
                "*",
                "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders",
                "arn:aws-us-gov:iam::123456789012:role/fn",
            ]
        );
    }
}
