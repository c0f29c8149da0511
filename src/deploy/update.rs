//! The two changes of a function: it gets an image, and a version of it is published.

use std::time::Duration;

use serde_json::json;

use super::api::{Api, Sent};
use super::calls::encoded;
use super::error::{Action, DeployError};
use super::function::FunctionState;
use super::order::Order;
use super::target::Target;
use super::wait::{until_settled, until_usable};
use crate::credentials::ecr::EcrError;
use crate::http::Method;

/// How often a change waits for the change of another client.
const TURNS: usize = 5;
/// The pause before it is sent again.
const PAUSE: Duration = Duration::from_millis(500);

/// Another client gave the function an image meanwhile.
pub(super) fn changed(target: &Target, now: &FunctionState) -> DeployError {
    DeployError::ChangedMeanwhile { function: target.function.clone(), image: now.image.clone() }
}

/// Gives the function the image, and waits until it has it.
pub(super) fn update(
    api: &Api<'_>,
    order: &Order,
    before: &FunctionState,
    mut now: FunctionState,
) -> Result<FunctionState, DeployError> {
    let target = &order.target;
    let wanted = order.digest();
    let path = format!("/2015-03-31/functions/{}/code", encoded(&target.function));
    let mut is_sent = false;
    for turn in 1.. {
        // Another client deployed while this one waited.
        if now.image != before.image {
            if now.digest() == wanted && is_sent {
                break;
            }
            return Err(changed(target, &now));
        }
        let body = json!({
            "ImageUri": order.image,
            "Architectures": [now.architecture],
            "RevisionId": now.revision,
        });
        match api.change(target, ("lambda:UpdateFunctionCode", Method::Put), &path, &body) {
            Ok(Sent::Done(_)) => break,
            Ok(Sent::Unclear(error)) if turn == TURNS => return Err(error.into()),
            Ok(Sent::Unclear(_)) => is_sent = true,
            Err(DeployError::Aws(error)) if is_overtaken(&error) && turn < TURNS => {}
            Err(error) => return Err(error),
        }
        api.sleep(PAUSE)?;
        now = until_settled(api, target, None, order.wait)?;
    }
    let now = until_usable(api, target, None, order.wait, Action::Update)?;
    if now.digest() != wanted {
        return Err(changed(target, &now));
    }
    Ok(now)
}

/// Whether another update is in progress, or the function changed since it was read: AWS did nothing.
fn is_overtaken(error: &EcrError) -> bool {
    error.has_code("ResourceConflictException") || error.has_code("PreconditionFailedException")
}

/// Publishes a version, and waits until it can be invoked. Lambda publishes nothing new where neither code nor
/// configuration changed: to send it again is safe.
pub(super) fn publish(api: &Api<'_>, order: &Order, now: &FunctionState) -> Result<String, DeployError> {
    let target = &order.target;
    let path = format!("/2015-03-31/functions/{}/versions", encoded(&target.function));
    let mut now = now.clone();
    for turn in 1.. {
        let body = json!({"CodeSha256": now.code_sha256, "RevisionId": now.revision});
        match api.change(target, ("lambda:PublishVersion", Method::Post), &path, &body) {
            Ok(Sent::Done(answer)) => {
                let version = answer["Version"].as_str().unwrap_or_default().to_owned();
                until_usable(api, target, Some(&version), order.wait, Action::Publish)?;
                return Ok(version);
            }
            Ok(Sent::Unclear(error)) if turn == TURNS => return Err(error.into()),
            Ok(Sent::Unclear(_)) => {}
            Err(DeployError::Aws(error)) if is_overtaken(&error) && turn < TURNS => {}
            Err(error) => return Err(error),
        }
        api.sleep(PAUSE)?;
        now = until_usable(api, target, None, order.wait, Action::Update)?;
        if now.digest() != order.digest() {
            return Err(changed(target, &now));
        }
    }
    Err(changed(target, &now))
}
