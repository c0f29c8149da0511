//! Which base each architecture gets, and whether it is pinned.

use std::sync::Arc;

use super::error::BuildError;
use super::spec::BuildSpec;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::epoch::Epoch;
use crate::image::{Image, Layer};
use crate::publish::Output;
use crate::runtime::{self, RuntimeProfile};
use crate::source;
use crate::source::pins::Pin;
use crate::source::{ImageRef, SourceError, Workplace};

/// Loads bases.
pub trait Bases: Sync {
    /// The image of a choice.
    ///
    /// # Errors
    /// [`BuildError::Base`], also as a shared one.
    fn load(&self, choice: &Choice<'_>, at: &Workplace<'_>) -> Result<Arc<Image>, BuildError>;
}

/// The base that was chosen for one architecture.
pub struct Choice<'a> {
    /// The architecture.
    pub arch: Arch,
    /// The base, as it was asked for.
    pub wanted: ImageRef,
    /// Its pin in the lock file.
    pin: Option<&'a Pin>,
    /// Whether it is the one that the runtime has by default.
    default: bool,
    /// Whether the lock file has another image as that.
    stale: bool,
}

/// The base of one architecture.
pub struct Base<'a> {
    /// Which one it is.
    pub choice: Choice<'a>,
    /// Its image.
    pub image: Arc<Image>,
}

/// Chooses the base of each architecture, in order.
pub fn choose<'a>(spec: &'a BuildSpec, profile: &RuntimeProfile) -> Result<Vec<Choice<'a>>, BuildError> {
    let choose = |&arch: &Arch| {
        let default = profile.image(arch)?.parse().map(ImageRef::Registry).map_err(SourceError::from)?;
        let wanted = spec.base.clone().unwrap_or_else(|| default.clone());
        let pin = match &wanted {
            ImageRef::Registry(reference) if reference.digest().is_none() => spec.pins.find(reference, arch),
            _ => None,
        };
        let default = wanted == default;
        let stale = default && pin.is_none() && spec.pins.get(&spec.runtime, arch).is_some();
        let choice = Choice { arch, default, wanted, pin, stale };
        if spec.locked && choice.is_loose() {
            let runtime = choice.default.then(|| spec.runtime.clone());
            let stale = choice.stale;
            return Err(BuildError::Unpinned { base: choice.wanted.to_string(), arch, runtime, stale });
        }
        Ok(choice)
    };
    spec.architectures.iter().map(choose).collect()
}

/// Loads each base, in order.
pub fn load<'a>(
    choices: Vec<Choice<'a>>,
    bases: &dyn Bases,
    at: &Workplace<'_>,
) -> Result<Vec<Base<'a>>, BuildError> {
    let load = |choice| Ok(Base { image: bases.load(&choice, at)?, choice });
    choices.into_iter().map(load).collect()
}

/// What decides which image a base is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    wanted: ImageRef,
    arch: Arch,
    /// Digests of the manifest and the configuration.
    pin: Option<(Digest, Digest)>,
    /// The time of bases that are made here, in seconds since 1970.
    epoch: u64,
}

impl Choice<'_> {
    /// Whether it is another image as soon as its tag moves.
    fn is_loose(&self) -> bool {
        matches!(&self.wanted, ImageRef::Registry(reference) if reference.digest().is_none())
            && self.pin.is_none()
    }

    /// What decides which image it is.
    pub fn key(&self, epoch: Epoch) -> Key {
        let pin = self.pin.map(|pin| (pin.digest, pin.config));
        Key { wanted: self.wanted.clone(), arch: self.arch, pin, epoch: epoch.seconds() }
    }

    /// Loads it.
    pub fn load(&self, at: &Workplace<'_>) -> Result<Image, SourceError> {
        let env: Vec<String> =
            runtime::AWS_ENV.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let image = source::load(&self.wanted, self.pin.map(|pin| pin.digest), self.arch, &env, at)?;
        match self.pin {
            Some(pin) if pin.config != image.config.digest() => {
                let (expected, found) = (pin.config, image.config.digest());
                Err(SourceError::PinnedConfig { base: self.wanted.to_string(), expected, found })
            }
            _ => Ok(image),
        }
    }
}

/// One warning for all bases that are not pinned, with what pins them.
pub fn warning(spec: &BuildSpec, bases: &[Base<'_>]) -> Option<String> {
    let loose: Vec<_> = bases.iter().filter(|base| base.choice.is_loose()).collect();
    let first = &loose.first()?.choice;
    let mut names: Vec<_> = loose.iter().map(|Base { choice, .. }| format!("`{}`", choice.wanted)).collect();
    names.dedup();
    let pin = if first.default {
        // `base lock` leaves what it finds.
        let command = |(verb, stale): (&str, bool)| {
            let of = loose.iter().filter(|base| base.choice.stale == stale);
            let archs: Vec<_> = of.map(|base| base.choice.arch.to_string()).collect();
            let (runtime, archs) = (&spec.runtime, archs.join(","));
            (!archs.is_empty())
                .then(|| format!("`lambda-img base {verb} --runtime {runtime} --arch {archs}`"))
        };
        [("lock", false), ("update", true)].into_iter().filter_map(command).collect::<Vec<_>>().join(" and ")
    } else {
        let one = |Base { choice, image }: &&Base<'_>| {
            format!("`--base {}@{}` for {}", choice.wanted, image.digest, choice.arch)
        };
        loose.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let (base, is, its) =
        if names.len() == 1 { ("base", "is", "its tag") } else { ("bases", "are", "their tags") };
    Some(format!(
        "{base} {} {is} not pinned: the image changes when somebody moves {its}; pin with {pin}",
        names.join(", ")
    ))
}

/// The layers of the bases that some output does not have, each with the name of its base.
pub fn needed(outputs: &[Output], bases: &[Base<'_>]) -> Vec<(String, Layer)> {
    let mut all: Vec<(String, Layer)> = Vec::new();
    for Base { choice, image } in bases {
        for layer in &image.layers {
            let twice = all.iter().any(|(_, other)| other.descriptor.digest == layer.descriptor.digest);
            if !twice && outputs.iter().any(|output| output.lacks(&layer.descriptor)) {
                all.push((choice.wanted.to_string(), layer.clone()));
            }
        }
    }
    all
}
