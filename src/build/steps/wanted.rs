//! `Wanted`: a step of a function for one architecture, or for all, with all that is declared of it.

use crate::arch::Arch;
use crate::build::spec::BuildSpec;
use crate::key::{Key, KeyHasher};
use crate::runtime::RuntimeProfile;
use crate::step::{self, Declared, Expanded, Step, StepError, Target};
use crate::tree::ImagePath;

/// A step for one architecture, or for all.
pub struct Wanted<'a> {
    /// The step.
    pub step: &'a Step,
    /// The architecture; none, where it is the same for all.
    pub arch: Option<Arch>,
    /// What it is for that.
    pub expanded: Expanded,
    /// All that decides what it makes.
    pub declared: Declared,
}

impl Wanted<'_> {
    /// Which step of which function it is, whatever it does.
    pub fn identity(&self) -> Key {
        let mut hasher = KeyHasher::default();
        hasher.field(self.step.real_dir().as_os_str().as_encoded_bytes());
        hasher.field(self.step.function.as_deref().unwrap_or_default().as_bytes());
        hasher.field(self.step.name.as_bytes());
        hasher.field(self.arch.map(Arch::lambda).unwrap_or_default().as_bytes());
        hasher.finish()
    }

    /// Where a step works: the same directory for the same command, because commands put its path into what they write.
    pub fn place(&self) -> Key {
        let mut hasher = KeyHasher::default();
        hasher.field(self.step.real_dir().as_os_str().as_encoded_bytes());
        hasher.field(self.expanded.run.as_bytes());
        hasher.field(self.expanded.to.as_ref().map(ImagePath::as_str).unwrap_or_default().as_bytes());
        hasher.finish()
    }
}

/// Refuses steps that cannot be, before anything runs.
///
/// # Errors
/// [`StepError`].
pub fn check(spec: &BuildSpec, profile: &RuntimeProfile) -> Result<(), StepError> {
    step::check_names(&spec.steps)?;
    for step in &spec.steps {
        expanded(step, spec, profile)?;
    }
    Ok(())
}

/// A step for each architecture; once, where it is the same for all.
///
/// # Errors
/// [`StepError`].
pub fn expanded(
    step: &Step,
    spec: &BuildSpec,
    profile: &RuntimeProfile,
) -> Result<Vec<(Option<Arch>, Expanded)>, StepError> {
    let expand = |arch: &Arch| Ok((Some(*arch), step.expand(&Target { profile, arch: *arch })?));
    let mut all = spec.architectures.iter().map(expand).collect::<Result<Vec<_>, StepError>>()?;
    if all.windows(2).all(|two| two[0].1 == two[1].1) {
        all.truncate(1);
        all.iter_mut().for_each(|(arch, _)| *arch = None);
    }
    Ok(all)
}
