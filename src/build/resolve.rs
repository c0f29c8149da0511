//! What a build needs neither disk nor network for: looks up what its names mean, and refuses what does not go together.

use super::bases::{self, Choice};
use super::error::BuildError;
use super::options::Destinations;
use super::push;
use super::spec::BuildSpec;
use super::{steps, values};
use crate::publish;
use crate::reference::Reference;
use crate::runtime::{self, RuntimeProfile};

/// What the names in the choices mean.
pub struct Resolved<'a> {
    /// The runtime.
    pub profile: RuntimeProfile,
    /// The base of each architecture.
    pub choices: Vec<Choice<'a>>,
    /// The names in registries of each architecture's image; none in a dry run.
    pub targets: Vec<Vec<Reference>>,
}

/// What the names in `spec` and `destinations` mean.
///
/// # Errors
/// [`BuildError`]: an unknown name, a value that no image can have, or choices that do not go together.
pub fn resolve<'a>(
    spec: &'a BuildSpec,
    destinations: &Destinations,
    dry_run: bool,
) -> Result<Resolved<'a>, BuildError> {
    values::check(spec)?;
    if spec.runtime.is_empty() {
        return Err(BuildError::NoRuntime);
    }
    let profile = runtime::profile(&spec.runtime)?;
    if spec.architectures.is_empty() {
        return Err(BuildError::NoArchitecture);
    }
    spec.architectures.iter().try_for_each(|arch| profile.require(*arch))?;
    steps::check(spec, &profile)?;
    values::check_handler(spec, &profile)?;
    publish::check(&destinations.outputs, spec.media_types)?;
    let choices = bases::choose(spec, &profile)?;
    let mut targets = push::targets(&destinations.push, &spec.architectures)?;
    if dry_run {
        targets.clear();
    }
    Ok(Resolved { profile, choices, targets })
}
