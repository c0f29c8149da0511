//! Which base each architecture gets, and whether anything holds it where it is.

use std::sync::Arc;

use super::error::BuildError;
use super::spec::BuildSpec;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::{Image, Layer};
use crate::publish::Output;
use crate::runtime::{self, RuntimeProfile};
use crate::source;
use crate::source::pins::Pin;
use crate::source::{ImageName, ImageRef, SourceError, Workplace};

/// The base of one architecture.
pub struct Choice<'a> {
    pub arch: Arch,
    pub wanted: ImageRef,
    /// What holds it: the lock file.
    pin: Option<&'a Pin>,
    /// Whether it is the one that the runtime has by default.
    default: bool,
    /// Whether the lock file has another image as that.
    stale: bool,
}

/// The base of each architecture, in order.
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

impl Choice<'_> {
    /// Whether it is another image when somebody moves its tag.
    fn is_loose(&self) -> bool {
        matches!(&self.wanted, ImageRef::Registry(reference) if reference.digest().is_none())
            && self.pin.is_none()
    }

    /// What decides which image it is.
    pub fn key(&self) -> String {
        format!("{} {} {:?}", self.wanted, self.arch, self.pin.map(|pin| (pin.digest, pin.config)))
    }

    pub fn load(&self, at: &Workplace<'_>) -> Result<Image, BuildError> {
        let env: Vec<String> =
            runtime::AWS_ENV.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let image = source::load(&self.wanted, self.pin.map(|pin| pin.digest), self.arch, &env, at)?;
        match self.pin {
            Some(pin) if pin.config != image.config.digest() => {
                let (expected, found) = (pin.config, image.config.digest());
                Err(SourceError::PinnedConfig { image: ImageName::base(&self.wanted), expected, found }
                    .into())
            }
            _ => Ok(image),
        }
    }
}

/// Bases that nothing pins: the next build has another image where their tags move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpinned {
    /// The runtime, where the bases are its own: a lock file can pin them.
    pub runtime: Option<String>,
    /// The bases, one for each architecture; at least one.
    pub bases: Vec<UnpinnedBase>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The bases that nothing pins, where there are any.
pub fn unpinned(spec: &BuildSpec, bases: &[(Choice<'_>, Arc<Image>)]) -> Option<Unpinned> {
    let loose: Vec<_> = bases.iter().filter(|(choice, _)| choice.is_loose()).collect();
    let (first, _) = loose.first()?;
    let base = |(choice, image): &&(Choice<'_>, Arc<Image>)| UnpinnedBase {
        reference: choice.wanted.to_string(),
        arch: choice.arch,
        digest: image.digest,
        is_stale: choice.stale,
    };
    let runtime = first.default.then(|| spec.runtime.clone());
    Some(Unpinned { runtime, bases: loose.iter().map(base).collect() })
}

/// The layers of the bases that some output does not have, each with the name of its base.
pub fn needed(outputs: &[Output], bases: &[(Choice<'_>, Arc<Image>)]) -> Vec<(String, Layer)> {
    let mut all: Vec<(String, Layer)> = Vec::new();
    for (choice, image) in bases {
        for layer in &image.layers {
            let twice = all.iter().any(|(_, other)| other.descriptor.digest == layer.descriptor.digest);
            if !twice && outputs.iter().any(|output| output.lacks(&layer.descriptor)) {
                all.push((choice.wanted.to_string(), layer.clone()));
            }
        }
    }
    all
}
