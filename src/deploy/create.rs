//! Creates a function that does not exist.

use std::time::Duration;

use serde_json::json;

use super::api::{Api, Sent};
use super::error::{Action, DeployError};
use super::function::FunctionState;
use super::order::Order;
use super::update::changed;
use super::wait::{until_settled, until_usable};
use crate::credentials::ecr::EcrError;
use crate::http::Method;

/// How long a role that Lambda cannot assume may be one that was just created and is not known everywhere yet.
const NEW_ROLE: Duration = Duration::from_secs(30);
/// The pause before Lambda is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// Creates the function with the image and the role, and waits until it can be invoked. Memory, timeout and all else are
/// Lambda's defaults.
pub(super) fn create(
    api: &Api<'_>,
    order: &Order,
    role: &str,
    architecture: &str,
) -> Result<FunctionState, DeployError> {
    let target = &order.target;
    let body = json!({
        "FunctionName": target.function,
        "Role": role,
        "PackageType": "Image",
        "Code": {"ImageUri": order.image},
        "Architectures": [architecture],
    });
    let (began, mut backoff, mut is_sent) = (api.clock().now(), api.backoff(), false);
    loop {
        let sent =
            api.change(target, ("lambda:CreateFunction", Method::Post), "/2015-03-31/functions", &body);
        match sent {
            Ok(Sent::Done(_)) => break,
            Ok(Sent::Unclear(error)) => {
                is_sent = true;
                if !api.waits(&mut backoff)? {
                    return Err(error.into());
                }
            }
            Err(DeployError::Aws(error)) if error.has_code("ResourceConflictException") => {
                if is_sent {
                    break;
                }
                return Err(changed(target, &until_settled(api, target, None, order.wait)?));
            }
            Err(DeployError::Aws(error))
                if is_new_role(&error) && api.clock().now().saturating_sub(began) < NEW_ROLE =>
            {
                api.sleep(PAUSE)?;
            }
            Err(error) => return Err(error),
        }
    }
    let now = until_usable(api, target, None, order.wait, Action::Create)?;
    if now.digest() != order.digest() {
        return Err(changed(target, &now));
    }
    Ok(now)
}

/// Whether Lambda says that it cannot assume the role, as it also says of one that was just created: "The role defined
/// for the function cannot be assumed by Lambda." The words are those that `LinusU/scandium` 31, `epam/aws-syndicate` 63
/// and `aws-controllers-k8s/lambda-controller` 103 report for new roles.
fn is_new_role(error: &EcrError) -> bool {
    matches!(error, EcrError::Refused { message, .. } if message.contains("cannot be assumed by Lambda"))
}
