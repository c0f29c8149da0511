//! Tries a version before invocations go to it.

use super::api::Api;
use super::error::DeployError;
use super::target::Target;

/// Invokes a version with the event.
pub(super) fn try_out(
    api: &Api<'_>,
    target: &Target,
    qualifier: &str,
    event: &[u8],
) -> Result<(), DeployError> {
    match api.invoke(target, qualifier, event)? {
        Some(error) => {
            Err(DeployError::Tried { function: format!("{}:{qualifier}", target.function), error })
        }
        None => Ok(()),
    }
}
