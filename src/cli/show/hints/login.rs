//! What to do about credentials that cannot be had, or that may not travel.

use lambda_img::credentials::CredentialError;
use lambda_img::credentials::ecr::EcrError;

use super::network::network;

const NOT_AWS: &str = "the answer is not from AWS: check AWS_ENDPOINT_URL and the proxy variables";

/// What to do about a provider that is responsible and fails.
pub fn login(error: &CredentialError) -> String {
    match error {
        CredentialError::File { path, .. } => format!("correct `{path}`, or log in again"),
        CredentialError::Helper(error) => {
            format!(
                "run the helper yourself to see its message: `printf %s {} | {} get`",
                error.host, error.program
            )
        }
        CredentialError::Ecr(error) => aws(error),
        _ => NOT_AWS.to_owned(),
    }
}

/// What to do about a call that AWS did not answer as needed.
pub fn aws(error: &EcrError) -> String {
    match error {
        EcrError::NoCredentials { .. } => {
            "log in with `aws sso login` or `aws configure`, or set AWS_PROFILE; in GitHub Actions, give the \
             job `permissions: id-token: write` and set AWS_ROLE_ARN"
                .to_owned()
        }
        EcrError::Refused { action, code, .. } if code.contains("AccessDenied") => {
            format!("allow your identity the IAM action `{action}`")
        }
        EcrError::Refused { code, .. } if code.starts_with("Throttling") => {
            "AWS limits the rate of requests: try again later, or with a larger `--retries`".to_owned()
        }
        EcrError::Refused { .. } => {
            "the message is from AWS; `aws sts get-caller-identity` checks whether AWS accepts your credentials"
                .to_owned()
        }
        EcrError::Http { source, .. } => network(&source.reason, &source.url),
        _ => NOT_AWS.to_owned(),
    }
}
