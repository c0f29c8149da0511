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
use crate::source::{ImageName, ImageRef, SourceEnv, SourceError};

/// Loads bases.
pub trait Bases: Sync {
    /// The image of a choice.
    ///
    /// # Errors
    /// [`BuildError::Base`], also as a shared one.
    fn load(&self, choice: &Choice<'_>, at: &SourceEnv<'_>) -> Result<Arc<Image>, BuildError>;
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
    at: &SourceEnv<'_>,
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
    pub fn load(&self, at: &SourceEnv<'_>) -> Result<Image, SourceError> {
        let env: Vec<String> =
            runtime::AWS_ENV.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let image = source::load(&self.wanted, self.pin.map(|pin| pin.digest), self.arch, &env, at)?;
        match self.pin {
            Some(pin) if pin.config != image.config.digest() => {
                let (expected, found) = (pin.config, image.config.digest());
                Err(SourceError::PinnedConfig { image: ImageName::base(&self.wanted), expected, found })
            }
            _ => Ok(image),
        }
    }
}

/// Bases that are not pinned: the next build has another image as soon as their tags move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unpinned {
    /// The runtime, where the bases are its own: a lock file can pin them.
    pub runtime: Option<String>,
    /// The bases, one for each architecture; at least one.
    pub bases: Vec<UnpinnedBase>,
}

/// A base that is not pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnpinnedBase {
    /// Its name, by a tag.
    pub reference: String,
    /// The architecture that is built on it.
    pub arch: Arch,
    /// What its manifest hashes to now.
    pub digest: Digest,
    /// Whether the lock file pins an image that the runtime had before.
    pub is_stale: bool,
}

/// The bases that are not pinned, where there are any.
pub fn unpinned(spec: &BuildSpec, bases: &[Base<'_>]) -> Option<Unpinned> {
    let loose: Vec<_> = bases.iter().filter(|base| base.choice.is_loose()).collect();
    let runtime = loose.first()?.choice.default.then(|| spec.runtime.clone());
    let base = |Base { choice, image }: &&Base<'_>| UnpinnedBase {
        reference: choice.wanted.to_string(),
        arch: choice.arch,
        digest: image.digest,
        is_stale: choice.stale,
    };
    Some(Unpinned { runtime, bases: loose.iter().map(base).collect() })
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
