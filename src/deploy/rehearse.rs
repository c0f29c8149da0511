//! Asks Lambda whether it would take an image.

use serde_json::json;

use super::api::{Api, Sent};
use super::calls::encoded;
use super::error::DeployError;
use super::order::Order;
use super::plan::{Change, Plan};
use crate::credentials::ecr::EcrError;
use crate::http::Method;

/// Sends the update of a plan, if it has one, as a trial: Lambda checks the parameters and the permissions, and changes
/// nothing (botocore, `lambda`, `UpdateFunctionCodeRequest.DryRun`). Returns why that is not known: the caller may not
/// update the function, or another update is in progress.
///
/// # Errors
/// Lambda does not take the image.
pub fn rehearse(api: &Api<'_>, order: &Order, plan: &Plan) -> Result<Option<EcrError>, DeployError> {
    if !plan.changes.contains(&Change::Update) {
        return Ok(None);
    }
    let path = format!("/2015-03-31/functions/{}/code", encoded(&order.target.function));
    let body = json!({"ImageUri": order.image, "Architectures": [plan.before.architecture], "DryRun": true});
    let is_unknown = |error: &EcrError| {
        ["AccessDeniedException", "ResourceConflictException"].iter().any(|code| error.has_code(code))
    };
    match api.change(&order.target, ("lambda:UpdateFunctionCode", Method::Put), &path, &body) {
        Ok(Sent::Done(_)) => Ok(None),
        Ok(Sent::Unclear(error)) => Ok(Some(error)),
        Err(DeployError::Aws(error)) if is_unknown(&error) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
