//! What to do about credentials that cannot be had, or that may not travel.

use lambda_img::credentials::CredentialError;
use lambda_img::credentials::ecr::EcrError;

use super::network::network;

/// What to do about a provider that is responsible and fails.
pub fn login(error: &CredentialError) -> String {
    match error {
        CredentialError::File { path, .. } => format!("correct `{path}`, or log in anew"),
        CredentialError::Helper(error) => {
            format!("run the helper by hand: `printf %s {} | {} get`", error.host, error.program)
        }
        CredentialError::Ecr(EcrError::NoCredentials { .. }) => {
            "log in with `aws sso login` or `aws configure`, or set AWS_PROFILE; in GitHub Actions, give the \
             job `permissions: id-token: write` and set AWS_ROLE_ARN"
                .to_owned()
        }
        CredentialError::Ecr(EcrError::Refused { action, code, .. }) if code.contains("AccessDenied") => {
            format!("who pushes needs the IAM action `{action}`")
        }
        CredentialError::Ecr(EcrError::Refused { code, .. }) if code.starts_with("Throttling") => {
            "AWS is asked too often: try again later, or with a larger `--retries`".to_owned()
        }
        CredentialError::Ecr(EcrError::Refused { .. }) => {
            "these are AWS's own words; `aws sts get-caller-identity` tells whether it takes your credentials at all"
                .to_owned()
        }
        CredentialError::Ecr(EcrError::Http { source, .. }) => network(&source.reason, &source.url),
        _ => {
            "what answered is not AWS: look at AWS_ENDPOINT_URL and the proxies".to_owned()
        }
    }
}
