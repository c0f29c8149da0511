//! The tag that says that an alias of a function uses an image, for ECR's lifecycle rules, which know only tags.

use super::api::Api;
use super::error::DeployError;
use super::order::Order;
use super::target::Target;
use super::wait::missing;
use crate::credentials::ecr::EcrHost;

/// What such a tag begins with.
pub const IN_USE: &str = "in-use-";

/// A tag on an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// The tag.
    pub tag: String,
    /// The repository.
    pub repository: String,
    /// What was found, or what became of it.
    pub state: TagState,
}

/// Where a tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagState {
    /// On the image already.
    There,
    /// On another image, or nowhere.
    Elsewhere,
    /// The same, and the repository does not let it move.
    Fixed,
}

/// An image in ECR.
struct At<'a> {
    registry: EcrHost,
    repository: &'a str,
    digest: &'a str,
}

impl<'a> At<'a> {
    /// From `REGISTRY/REPOSITORY@sha256:…`.
    fn of(image: &'a str) -> Option<Self> {
        let (name, _) = image.split_once('@')?;
        let (_, digest) = image.rsplit_once('@')?;
        let (registry, repository) = name.split_once('/')?;
        Some(Self { registry: EcrHost::parse(registry)?, repository, digest })
    }
}

/// The tag for an alias of a function. Names of functions and aliases have no `.`, so that no two of them have one tag. A
/// function of another account than the repository's has its account in front.
fn tag(target: &Target, alias: &str, registry: &EcrHost) -> String {
    let function = &target.function;
    match target.host.account == registry.account {
        true => format!("{IN_USE}{function}.{alias}"),
        false => format!("{IN_USE}{}.{function}.{alias}", target.host.account),
    }
}

fn look(api: &Api<'_>, target: &Target, alias: &str, at: &At<'_>) -> Result<InUse, DeployError> {
    let tag = tag(target, alias, &at.registry);
    let has_it = api.ecr().tagged(&at.registry, at.repository, &tag)?;
    let state = if has_it.is_some_and(|digest| digest.to_string() == at.digest) {
        TagState::There
    } else if api.ecr().may_tag_move(&at.registry, at.repository, &tag)? {
        TagState::Elsewhere
    } else {
        TagState::Fixed
    };
    Ok(InUse { tag, repository: at.repository.to_owned(), state })
}

/// Where the tag of the order's alias is; `None` where the order wants no tag or has no alias.
pub(super) fn planned(api: &Api<'_>, order: &Order) -> Result<Option<InUse>, DeployError> {
    match (order.tag_in_use, &order.alias, At::of(&order.image)) {
        (true, Some(alias), Some(at)) => look(api, &order.target, alias, &at).map(Some),
        _ => Ok(None),
    }
}

/// Gives the image of the order the tag.
pub(super) fn put(api: &Api<'_>, order: &Order, tag: &str) -> Result<(), DeployError> {
    match At::of(&order.image) {
        Some(at) => Ok(api.ecr().tag(&at.registry, at.repository, at.digest, tag)?),
        None => Ok(()),
    }
}

/// Gives the image of a version the tag of the alias, where it does not have it and the tag may move. The state is the one
/// before.
///
/// # Errors
/// [`DeployError`].
pub fn tag_version(api: &Api<'_>, target: &Target, alias: &str, version: &str) -> Result<InUse, DeployError> {
    let found = api.function(target, Some(version))?.ok_or_else(|| missing(target))?;
    let unknown = || DeployError::UnknownImage { function: format!("{}:{version}", target.function) };
    let at = At::of(&found.image).ok_or_else(unknown)?;
    let found = look(api, target, alias, &at)?;
    if found.state == TagState::Elsewhere {
        api.ecr().tag(&at.registry, at.repository, at.digest, &found.tag)?;
    }
    Ok(found)
}
