//! Plans a deployment and carries it out.

use std::time::Duration;

use serde_json::json;

use super::api::{Api, Sent, Target, encoded};
use super::error::DeployError;
use super::function::{Alias, FunctionState};
use super::shift::{self, Shift};
use super::wait::{missing, until_settled, until_usable};
use crate::http::Method;

/// What a description of an alias begins with where this tool wrote it: the version before follows.
pub(super) const BEFORE: &str = "lambda-img: previous version ";

/// How often an update waits for the update of another client.
const TURNS: usize = 5;

/// What is to be deployed.
pub struct Order {
    /// The function.
    pub target: Target,
    /// The image, `REGISTRY/REPOSITORY@sha256:…`.
    pub image: String,
    /// Whether to publish a version, also without an alias.
    pub publish: bool,
    /// The alias that is moved to the new version.
    pub alias: Option<String>,
    /// An event that the new version must answer before the alias is moved.
    pub event: Option<Vec<u8>>,
    /// How invocations move to the new version; at once by default.
    pub shift: Option<Shift>,
    /// The longest time to wait for one state of Lambda.
    pub wait: Duration,
}

/// A change of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The function gets the image.
    Update,
    /// A version is published.
    Publish,
    /// The alias is made.
    CreateAlias,
    /// The alias moves from this version.
    MoveAlias(String),
}

/// What a deployment would change.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The function as it is.
    pub before: FunctionState,
    /// The alias as it is.
    pub alias: Option<Alias>,
    /// The changes, in order. None: the image is there already.
    pub changes: Vec<Change>,
}

/// What was deployed.
#[derive(Clone, Debug, Default)]
pub struct Deployed {
    /// The ARN of the function.
    pub arn: String,
    /// The image before.
    pub before: String,
    /// The version that has the image, where one was published.
    pub version: Option<String>,
    /// The version that the alias named before.
    pub version_before: Option<String>,
    /// Whether nothing had to be changed.
    pub unchanged: bool,
}

fn digest(image: &str) -> &str {
    image.split_once('@').map_or("", |(_, digest)| digest)
}

/// What a deployment would change; reads only.
///
/// # Errors
/// [`DeployError`].
pub fn plan(api: &Api<'_>, order: &Order) -> Result<Plan, DeployError> {
    let target = &order.target;
    let before = api.function(target, None)?.ok_or_else(|| missing(target))?;
    if before.package_type == "Zip" {
        return Err(DeployError::NotImage { function: target.function.clone(), kind: before.package_type });
    }
    let wanted = digest(&order.image);
    let is_failed = before.last_update == "Failed" || before.state == "Failed";
    let has_image = |state: &FunctionState| state.digest() == wanted && !is_failed;
    let mut changes = Vec::new();
    let alias = match &order.alias {
        Some(name) => api.alias(target, name)?,
        None => None,
    };
    let current = match &alias {
        Some(alias) if alias.weights.is_empty() => api.function(target, Some(&alias.version))?,
        _ => None,
    };
    if !has_image(&before) {
        changes.push(Change::Update);
    }
    if order.alias.is_some() && !current.as_ref().is_some_and(has_image) {
        changes.push(Change::Publish);
        changes.push(match &alias {
            Some(alias) => Change::MoveAlias(alias.version.clone()),
            None => Change::CreateAlias,
        });
    } else if order.publish && order.alias.is_none() {
        let published = api.versions(target)?.iter().any(|(_, code)| *code == before.code_sha256);
        if !changes.is_empty() || !published {
            changes.push(Change::Publish);
        }
    }
    Ok(Plan { before, alias, changes })
}

/// Carries a plan out. `tell` hears of each step that is done: what stands if a later one fails.
///
/// # Errors
/// [`DeployError`].
pub fn deploy(
    api: &Api<'_>,
    order: &Order,
    plan: &Plan,
    tell: &dyn Fn(&str),
) -> Result<Deployed, DeployError> {
    let target = &order.target;
    let mut done = Deployed {
        arn: plan.before.arn.clone(),
        before: plan.before.image.clone(),
        version_before: plan.alias.as_ref().map(|alias| alias.version.clone()),
        unchanged: plan.changes.is_empty(),
        ..Deployed::default()
    };
    if plan.changes.is_empty() {
        done.version = done.version_before.clone();
        return Ok(done);
    }
    let mut now = until_settled(api, target, None, order.wait)?;
    if plan.changes.contains(&Change::Update) {
        now = update(api, order, &plan.before, now)?;
        tell("the function has the image");
    }
    if plan.changes.contains(&Change::Publish) {
        let version = publish(api, order, &now)?;
        tell(&format!("version {version} is published"));
        done.version = Some(version);
    }
    let qualifier = done.version.as_deref().unwrap_or("$LATEST");
    if let Some(event) = &order.event {
        try_out(api, target, qualifier, event)?;
        tell(&format!("`{qualifier}` answers the event"));
    }
    if let (Some(name), Some(version)) = (&order.alias, &done.version)
        && plan.alias.as_ref().is_none_or(|alias| alias.version != *version || !alias.weights.is_empty())
    {
        let mut alias = plan.alias.clone();
        if let (Some(before), Some(shift)) = (&plan.alias, &order.shift) {
            alias = Some(shift::run(api, order, (name, before, version), shift, tell)?);
        }
        let old = plan.alias.as_ref();
        let is_ours = |text: &str| text.is_empty() || text.starts_with("lambda-img: ");
        let description = match old {
            Some(old) if !is_ours(&old.description) => old.description.clone(),
            Some(old) => format!("{BEFORE}{}", old.version),
            None => String::new(),
        };
        let wanted = Alias { version: version.clone(), description, ..Alias::default() };
        api.set_alias(target, name, alias.as_ref(), &wanted)?;
        tell(&format!("alias `{name}` names version {version}"));
    }
    Ok(done)
}

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

fn changed(target: &Target, now: &FunctionState) -> DeployError {
    DeployError::ChangedMeanwhile { function: target.function.clone(), image: now.image.clone() }
}

/// Gives the function the image, and waits until it has it.
fn update(
    api: &Api<'_>,
    order: &Order,
    before: &FunctionState,
    mut now: FunctionState,
) -> Result<FunctionState, DeployError> {
    let target = &order.target;
    let wanted = digest(&order.image);
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
        api.sleep(Duration::from_millis(500))?;
        now = until_settled(api, target, None, order.wait)?;
    }
    let now = until_usable(api, target, None, order.wait)?;
    if now.digest() != wanted {
        return Err(changed(target, &now));
    }
    Ok(now)
}

/// Whether another update is in progress, or the function changed since it was read: AWS did nothing.
fn is_overtaken(error: &crate::credentials::ecr::EcrError) -> bool {
    error.has_code("ResourceConflictException") || error.has_code("PreconditionFailedException")
}

/// Publishes a version, and waits until it can be invoked. Lambda publishes nothing new where neither code nor
/// configuration changed: to send it again is safe.
fn publish(api: &Api<'_>, order: &Order, now: &FunctionState) -> Result<String, DeployError> {
    let target = &order.target;
    let path = format!("/2015-03-31/functions/{}/versions", encoded(&target.function));
    let mut now = now.clone();
    for turn in 1.. {
        let body = json!({"CodeSha256": now.code_sha256, "RevisionId": now.revision});
        match api.change(target, ("lambda:PublishVersion", Method::Post), &path, &body) {
            Ok(Sent::Done(answer)) => {
                let version = answer["Version"].as_str().unwrap_or_default().to_owned();
                until_usable(api, target, Some(&version), order.wait)?;
                return Ok(version);
            }
            Ok(Sent::Unclear(error)) if turn == TURNS => return Err(error.into()),
            Ok(Sent::Unclear(_)) => {}
            Err(DeployError::Aws(error)) if is_overtaken(&error) && turn < TURNS => {}
            Err(error) => return Err(error),
        }
        api.sleep(Duration::from_millis(500))?;
        now = until_usable(api, target, None, order.wait)?;
        if now.digest() != digest(&order.image) {
            return Err(changed(target, &now));
        }
    }
    Err(changed(target, &now))
}
