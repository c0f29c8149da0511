//! Waits until Lambda has done what it was told.

use std::time::Duration;

use super::api::Api;
use super::error::{Action, DeployError};
use super::function::FunctionState;
use super::target::Target;

/// The first pause between two questions; each further one is half as long again.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(10);

/// Waits until the function, or a version of it, is neither made nor updated, at most `limit`.
///
/// # Errors
/// [`DeployError::TimedOut`], [`DeployError::Missing`], [`DeployError::State`] while it is deleted.
pub(super) fn until_settled(
    api: &Api<'_>,
    target: &Target,
    qualifier: Option<&str>,
    limit: Duration,
) -> Result<FunctionState, DeployError> {
    let (began, mut pause) = (api.clock().now(), FIRST);
    let name = || qualifier.map_or(target.function.clone(), |one| format!("{}:{one}", target.function));
    loop {
        let found = api.function(target, qualifier)?.ok_or_else(|| missing(target))?;
        let state = match (found.state.as_str(), found.last_update.as_str()) {
            ("Deleting", _) => return Err(DeployError::State { function: name(), state: found.state }),
            (state @ ("Pending" | "Deactivating"), _) => state.to_owned(),
            (_, "InProgress") => "InProgress".to_owned(),
            _ => return Ok(found),
        };
        let after = api.clock().now().saturating_sub(began);
        if after + pause > limit {
            return Err(DeployError::TimedOut { function: name(), state, after });
        }
        api.sleep(pause)?;
        pause = (pause * 3 / 2).min(LONGEST);
    }
}

/// The same, and that `action` did not fail.
///
/// # Errors
/// Those of [`until_settled`], and [`DeployError::Failed`].
pub(super) fn until_usable(
    api: &Api<'_>,
    target: &Target,
    qualifier: Option<&str>,
    limit: Duration,
    action: Action,
) -> Result<FunctionState, DeployError> {
    let found = until_settled(api, target, qualifier, limit)?;
    let failed = match (found.state.as_str(), found.last_update.as_str()) {
        (_, "Failed") => Some(&found.reasons[1]),
        ("Failed", _) => Some(&found.reasons[0]),
        _ => None,
    };
    match failed {
        Some((code, reason)) => Err(DeployError::Failed {
            action,
            function: qualifier.map_or(target.function.clone(), |one| format!("{}:{one}", target.function)),
            code: crate::redact::text(code, 100),
            reason: crate::redact::text(reason, 1000),
        }),
        None => Ok(found),
    }
}

/// There is no such function.
pub(super) fn missing(target: &Target) -> DeployError {
    DeployError::Missing {
        function: target.function.clone(),
        region: target.host.region.clone(),
        account: target.host.account.clone(),
    }
}
