//! What to do about credentials that cannot be had, or that may not travel.

use lambda_img::credentials::{self, ecr};

use super::network::network;

/// What to do about a provider that is responsible and fails.
pub fn login(error: &credentials::Error) -> String {
    match error {
        credentials::Error::File { path, .. } => format!("correct `{path}`, or log in anew"),
        credentials::Error::Helper(error) => {
            format!("run the helper by hand: `printf %s {} | {} get`", error.host, error.program)
        }
        credentials::Error::Ecr(ecr::Error::NoCredentials { .. }) => {
            "log in with `aws sso login` or `aws configure`, or set AWS_PROFILE; in GitHub Actions, give the \
             job `permissions: id-token: write` and set AWS_ROLE_ARN"
                .to_owned()
        }
        credentials::Error::Ecr(ecr::Error::Refused { action, code, .. }) if code.contains("AccessDenied") => {
            format!("who pushes needs the IAM action `{action}`")
        }
        credentials::Error::Ecr(ecr::Error::Refused { code, .. }) if code.starts_with("Throttling") => {
            "AWS is asked too often: try again later, or with a larger `--retries`".to_owned()
        }
        credentials::Error::Ecr(ecr::Error::Refused { .. }) => {
            "these are AWS's own words; `aws sts get-caller-identity` tells whether it takes your credentials at all"
                .to_owned()
        }
        credentials::Error::Ecr(ecr::Error::Http { source, .. }) => network(&source.reason, &source.url),
        credentials::Error::Ecr(ecr::Error::Answer { .. }) => {
            "what answered is not AWS: look at AWS_ENDPOINT_URL and the proxies".to_owned()
        }
    }
}
