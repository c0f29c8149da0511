//! The objects of `base list`, `lock`, `update`, `verify`, `pull` and `sync`: each has a list of bases.

use lambda_img::arch::Arch;
use lambda_img::digest;
use lambda_img::publish::registry;
use lambda_img::reference::Reference;
use lambda_img::source::pins;
use schemars::JsonSchema;
use serde::Serialize;

use super::pushed::Pushed;
use super::values::{Architecture, Day, Digest, Pinned, Version};

/// What the lock file pins.
#[derive(Serialize, JsonSchema)]
pub struct List(pub Bases<Listed>);

/// The pins of the runtimes asked for, as they are now.
#[derive(Serialize, JsonSchema)]
pub struct Lock(pub Bases<Locked>);

/// The pins of the runtimes asked for, as they are now.
#[derive(Serialize, JsonSchema)]
pub struct Update(pub Bases<Updated>);

/// Where bases are not what is known of their runtimes. Exit code 1 where one differs.
#[derive(Serialize, JsonSchema)]
pub struct Verify(pub Bases<Verified>);

/// What is in the cache now.
#[derive(Serialize, JsonSchema)]
pub struct Pull(pub Bases<Base>);

/// What the repository of copies has now.
#[derive(Serialize, JsonSchema)]
pub struct Sync<'a> {
    pub version: Version<1>,
    /// The lambda-img.lock.
    pub lock: String,
    /// HOST/REPOSITORY.
    pub repository: String,
    pub bases: Vec<Synced<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Bases<T> {
    pub version: Version<1>,
    /// The lambda-img.lock; null where there is none.
    pub lock: Option<String>,
    pub bases: Vec<T>,
}

#[derive(Serialize, JsonSchema)]
pub struct Base {
    /// Lambda's identifier.
    runtime: String,
    architecture: Architecture,
    /// What the image is called, without its digest.
    reference: String,
    /// Of the manifest of this architecture.
    digest: Digest,
}

#[derive(Serialize, JsonSchema)]
pub struct Pin {
    #[serde(flatten)]
    base: Base,
    /// Digest of the configuration.
    config: Digest,
    /// When it was pinned.
    date: Day,
}

#[derive(Serialize, JsonSchema)]
pub struct Listed {
    #[serde(flatten)]
    pub pin: Pin,
    /// Whether all of it is in the cache.
    pub cached: bool,
}

#[derive(Serialize, JsonSchema)]
pub struct Locked {
    #[serde(flatten)]
    pub pin: Pin,
    /// Whether it was not pinned before.
    pub added: bool,
}

#[derive(Serialize, JsonSchema)]
pub struct Updated {
    #[serde(flatten)]
    pub pin: Pin,
    /// Whether it is another image than before.
    pub moved: bool,
    /// What was pinned: REFERENCE@DIGEST.
    pub before: Pinned,
}

#[derive(Serialize, JsonSchema)]
pub struct Verified {
    #[serde(flatten)]
    pub base: Base,
    /// For people; empty where it is as expected.
    #[schemars(inner(length(min = 1)))]
    pub differences: Vec<String>,
}

/// A pinned base and its copy.
#[derive(Serialize, JsonSchema)]
pub struct Synced<'a> {
    #[serde(flatten)]
    base: Base,
    copy: Pushed<'a>,
}

impl<'a> Synced<'a> {
    pub fn of(pin: &pins::Pin, copy: &'a registry::Pushed) -> Self {
        let base = Base::of(&pin.runtime, pin.arch, &pin.reference, pin.digest);
        Self { base, copy: copy.into() }
    }
}

impl Base {
    pub fn of(runtime: &str, arch: Arch, reference: &Reference, digest: digest::Digest) -> Self {
        Self {
            runtime: runtime.to_owned(),
            architecture: arch.into(),
            reference: reference.to_string(),
            digest: digest.into(),
        }
    }
}

impl From<&pins::Pin> for Pin {
    fn from(pin: &pins::Pin) -> Self {
        Self {
            base: Base::of(&pin.runtime, pin.arch, &pin.reference, pin.digest),
            config: pin.config.into(),
            date: pin.date.into(),
        }
    }
}
