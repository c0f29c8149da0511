//! Moves an alias back to the version that it had.

use super::api::Api;
use super::description;
use super::error::DeployError;
use super::function::Alias;
use super::target::Target;

/// From which version to which an alias moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollback {
    /// The version that it named.
    pub from: String,
    /// The version that it names now.
    pub to: String,
}

/// Moves the alias back to the version `to`, otherwise to the one before; with `plan`, changes nothing. An alias that
/// sends a part of its invocations to a new version gets its own version alone.
///
/// # Errors
/// [`DeployError::NoAlias`], [`DeployError::NothingBefore`] and those of AWS.
pub fn rollback(
    api: &Api<'_>,
    target: &Target,
    name: &str,
    to: Option<&str>,
    plan: bool,
) -> Result<Rollback, DeployError> {
    let before = api
        .alias(target, name)?
        .ok_or_else(|| DeployError::NoAlias { function: target.function.clone(), alias: name.to_owned() })?;
    let to = match (to, before.weights.first()) {
        (Some(to), _) => to.to_owned(),
        (None, Some(_)) => before.version.clone(),
        (None, None) => version_before(api, target, &before)?,
    };
    let from = before.weights.first().map_or(&before.version, |(version, _)| version).clone();
    let description = description::moved_back(&before.description, &from);
    let wanted = Alias { version: to.clone(), description, ..Alias::default() };
    if !plan && (wanted.version != before.version || !before.weights.is_empty()) {
        api.set_alias(target, name, Some(&before), &wanted)?;
    }
    Ok(Rollback { from, to })
}

/// The version that the deployment noted, else the highest one below with other code.
fn version_before(api: &Api<'_>, target: &Target, alias: &Alias) -> Result<String, DeployError> {
    if let Some(noted) = description::noted(&alias.description) {
        return Ok(noted.to_owned());
    }
    let nothing =
        || DeployError::NothingBefore { function: target.function.clone(), version: alias.version.clone() };
    let current: u64 = alias.version.parse().map_err(|_| nothing())?;
    let versions = api.versions(target)?;
    let code = versions.iter().find(|(version, _)| *version == current).map(|(_, code)| code);
    let below = versions.iter().filter(|(version, other)| *version < current && Some(other) != code);
    below.map(|(version, _)| version).max().map(ToString::to_string).ok_or_else(nothing)
}
