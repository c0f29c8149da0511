//! What of an image's repository would stop Lambda: an archived image, a policy that does not let Lambda read it.

use super::api::Api;
use super::error::DeployError;
use super::target::Target;
use crate::credentials::ecr::EcrHost;
use crate::reference::Reference;

/// The principal that a policy names to let Lambda of another account read (Lambda developer guide, "Amazon ECR
/// cross-account permissions").
const LAMBDA: &str = "lambda.amazonaws.com";

/// Refuses an image that Lambda could not read for the function. What the caller may not ask for is left to Lambda.
///
/// # Errors
/// [`DeployError::Archived`], [`DeployError::NotShared`].
pub fn admissible(
    api: &Api<'_>,
    registry: &EcrHost,
    target: &Target,
    image: &Reference,
) -> Result<(), DeployError> {
    let repository = image.repository();
    let digest = image.digest().map(|digest| digest.to_string()).unwrap_or_default();
    if api
        .ecr()
        .image_status(registry, repository, &digest)
        .is_ok_and(|status| status.as_deref() == Some("ARCHIVED"))
    {
        return Err(DeployError::Archived { image: image.to_string() });
    }
    if target.host.account != registry.account
        && let Ok(policy) = api.ecr().repository_policy(registry, repository)
        && !policy.unwrap_or_default().contains(LAMBDA)
    {
        let (repository, account) = (repository.to_owned(), target.host.account.clone());
        return Err(DeployError::NotShared { repository, account });
    }
    Ok(())
}
