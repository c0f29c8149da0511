//! Carries out the plan of a deployment.

use super::api::Api;
use super::create::create;
use super::description;
use super::error::DeployError;
use super::function::Alias;
use super::in_use;
use super::order::Order;
use super::plan::{Change, Plan};
use super::shift;
use super::step::Step;
use super::try_out::try_out;
use super::update::{publish, update};
use super::wait::until_settled;

/// What was deployed.
#[derive(Clone, Debug, Default)]
pub struct Deployed {
    /// The ARN of the function.
    pub arn: String,
    /// The image before.
    pub before: String,
    /// The version that has the image, where one was published or the alias names it.
    pub version: Option<String>,
    /// The version that the alias named before.
    pub version_before: Option<String>,
    /// Whether nothing had to be changed.
    pub unchanged: bool,
}

/// Carries a plan out. `tell` hears of each step that is done: what stands if a later one fails.
///
/// # Errors
/// [`DeployError`].
pub fn deploy(
    api: &Api<'_>,
    order: &Order,
    plan: &Plan,
    tell: &dyn Fn(Step),
) -> Result<Deployed, DeployError> {
    let mut done = Deployed {
        arn: plan.before.arn.clone(),
        before: plan.before.image.clone(),
        version_before: plan.alias.as_ref().map(|alias| alias.version.clone()),
        unchanged: plan.changes.is_empty(),
        ..Deployed::default()
    };
    if plan.changes.iter().all(|change| matches!(change, Change::Tag(_))) {
        done.version = done.version_before.clone();
    } else {
        change(api, order, plan, &mut done, tell)?;
    }
    if let Some(Change::Tag(tag)) = plan.changes.last() {
        in_use::put(api, order, tag)?;
        tell(Step::Tagged(tag.clone()));
    }
    Ok(done)
}

/// Changes the function and its alias.
fn change(
    api: &Api<'_>,
    order: &Order,
    plan: &Plan,
    done: &mut Deployed,
    tell: &dyn Fn(Step),
) -> Result<(), DeployError> {
    let target = &order.target;
    let mut now = match order.role.as_deref().filter(|_| !plan.before.exists()) {
        Some(role) => {
            let made = create(api, order, role, &plan.before.architecture)?;
            tell(Step::Created);
            made
        }
        None => until_settled(api, target, None, order.wait)?,
    };
    done.arn.clone_from(&now.arn);
    if plan.changes.contains(&Change::Update) {
        now = update(api, order, &plan.before, now)?;
        tell(Step::Updated);
    }
    if plan.changes.contains(&Change::Publish) {
        let version = publish(api, order, &now)?;
        tell(Step::Published(version.clone()));
        done.version = Some(version);
    }
    let qualifier = done.version.as_deref().unwrap_or("$LATEST");
    if let Some(event) = &order.event {
        try_out(api, target, qualifier, event)?;
        tell(Step::Answered(qualifier.to_owned()));
    }
    if let (Some(name), Some(version)) = (&order.alias, &done.version) {
        move_alias(api, order, (name, plan.alias.as_ref(), version), tell)?;
    }
    Ok(())
}

/// Makes the alias name the version, at once or by way of both; one that names it already stays as it is.
fn move_alias(
    api: &Api<'_>,
    order: &Order,
    (name, before, version): (&str, Option<&Alias>, &str),
    tell: &dyn Fn(Step),
) -> Result<(), DeployError> {
    if before.is_some_and(|alias| alias.version == version && alias.weights.is_empty()) {
        return Ok(());
    }
    let mut now = before.cloned();
    if let (Some(before), Some(shift)) = (before, &order.shift) {
        now = Some(shift::run(api, order, (name, before, version), shift, tell)?);
    }
    let description = before.map(|old| description::moved(&old.description, &old.version));
    let description = description.unwrap_or_default();
    let wanted = Alias { version: version.to_owned(), description, ..Alias::default() };
    api.set_alias(&order.target, name, now.as_ref(), &wanted)?;
    tell(Step::Moved { alias: name.to_owned(), version: version.to_owned() });
    Ok(())
}
