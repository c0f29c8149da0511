//! What a deployment would change.

use super::api::Api;
use super::error::DeployError;
use super::function::{Alias, FunctionState};
use super::in_use::{self, InUse, TagState};
use super::order::Order;
use super::target::Target;
use super::wait::missing;

/// A change of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The function is created, with the image.
    Create,
    /// The function gets the image.
    Update,
    /// A version is published.
    Publish,
    /// The alias is made.
    CreateAlias,
    /// The alias moves from this version.
    MoveAlias(String),
    /// The image gets this tag, which another one may have had.
    Tag(String),
}

/// What a deployment would change.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The function as it is.
    pub before: FunctionState,
    /// The alias as it is.
    pub alias: Option<Alias>,
    /// The tag that says that the alias uses the image, where it is wanted.
    pub tag: Option<InUse>,
    /// The changes, in order. None: the image is there already.
    pub changes: Vec<Change>,
}

/// The function as it is, which has to be one with an image.
///
/// # Errors
/// [`DeployError::Missing`], [`DeployError::NotImage`] and those of AWS.
pub fn look(api: &Api<'_>, target: &Target) -> Result<FunctionState, DeployError> {
    let found = api.function(target, None)?.ok_or_else(|| missing(target))?;
    match found.package_type.as_str() {
        "Image" => Ok(found),
        _ => Err(DeployError::NotImage { function: target.function.clone(), kind: found.package_type }),
    }
}

/// What a deployment would change of the function `before`, perhaps one that is [absent](FunctionState::absent); reads only.
///
/// An alias decides by itself: where it names a version with the image, nothing is changed, whatever `$LATEST` has.
///
/// # Errors
/// [`DeployError`].
pub fn plan(api: &Api<'_>, order: &Order, before: FunctionState) -> Result<Plan, DeployError> {
    let mut plan = of_function(api, order, before)?;
    plan.tag = in_use::planned(api, order)?;
    let moved = plan.tag.iter().filter(|tag| tag.state == TagState::Elsewhere);
    plan.changes.extend(moved.map(|tag| Change::Tag(tag.tag.clone())));
    Ok(plan)
}

/// What would change of the function and of its alias.
fn of_function(api: &Api<'_>, order: &Order, before: FunctionState) -> Result<Plan, DeployError> {
    let target = &order.target;
    if !before.exists() {
        if order.role.is_none() {
            return Err(missing(target));
        }
        let mut changes = vec![Change::Create];
        changes.extend((order.publish || order.alias.is_some()).then_some(Change::Publish));
        changes.extend(order.alias.is_some().then_some(Change::CreateAlias));
        return Ok(Plan { before, alias: None, tag: None, changes });
    }
    let has_image = |state: &FunctionState| {
        state.digest() == order.digest() && state.last_update != "Failed" && state.state != "Failed"
    };
    let mut changes = Vec::new();
    if !has_image(&before) {
        changes.push(Change::Update);
    }
    let Some(name) = &order.alias else {
        let is_published = || -> Result<bool, DeployError> {
            Ok(api.versions(target)?.iter().any(|(_, code)| *code == before.code_sha256))
        };
        if order.publish && (!changes.is_empty() || !is_published()?) {
            changes.push(Change::Publish);
        }
        return Ok(Plan { before, alias: None, tag: None, changes });
    };
    let alias = api.alias(target, name)?;
    let current = match &alias {
        Some(alias) if alias.weights.is_empty() => api.function(target, Some(&alias.version))?,
        _ => None,
    };
    if current.as_ref().is_some_and(has_image) {
        changes.clear();
    } else {
        changes.push(Change::Publish);
        changes.push(match &alias {
            Some(alias) => Change::MoveAlias(alias.version.clone()),
            None => Change::CreateAlias,
        });
    }
    Ok(Plan { before, alias, tag: None, changes })
}
