//! The object of `rebase`.

use lambda_img::publish::registry;
use lambda_img::rebase::{self, Finding, Obligation, Plan};
use schemars::JsonSchema;
use serde::Serialize;

use super::pushed::Pushed;
use super::values::{Architecture, Digest, Version};

/// Images on their new bases.
#[derive(Serialize, JsonSchema)]
pub struct Rebase<'a> {
    version: Version<1>,
    images: Vec<Image<'a>>,
    /// With --push: where the images are. Empty where one of them is refused or has an error.
    pushed: Vec<Pushed<'a>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Image<'a> {
    image: &'a str,
    /// With --account: the versions of functions that use it; null for an image that was named.
    used_by: Option<&'a [String]>,
    /// Why there is no plan; null where there is one, and of an image that is left out.
    error: Option<String>,
    /// With --account: why the image is left out, which is not an error; else null.
    left_out: Option<String>,
    plan: Option<Planned<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Planned<'a> {
    digest: Digest,
    architecture: Architecture,
    runtime: Option<&'a str>,
    old_base: Base<'a>,
    new_base: Base<'a>,
    /// Null where the image is on that base already.
    rebased: Option<Rebased<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RebaseBase")]
struct Base<'a> {
    name: &'a str,
    digest: Digest,
}

#[derive(Serialize, JsonSchema)]
struct Rebased<'a> {
    digest: Digest,
    /// Whether something was found for which it is not pushed.
    refused: bool,
    /// Whether a build of the same source on the new base has the same digest: this tool built the image.
    equals_build: bool,
    /// Its name in the registry, with its new tag; null where none is known.
    target: Option<String>,
    /// The worst first.
    findings: Vec<Found<'a>>,
    changes: Changes<'a>,
}

#[derive(Serialize, JsonSchema)]
struct Found<'a> {
    #[schemars(extend("enum" = Obligation::ALL.map(Obligation::name)))]
    row: &'static str,
    #[schemars(extend("enum" = ["refuse", "warn", "report"]))]
    verdict: String,
    subject: &'a str,
    message: &'a str,
}

/// What differs between the bases.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Changes<'a> {
    packages: Vec<Package<'a>>,
    /// Why packages are not compared; null where they are.
    packages_unread: Option<&'a str>,
    added: &'a [String],
    removed: &'a [String],
    changed: &'a [String],
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangedPackage")]
struct Package<'a> {
    name: &'a str,
    /// Its version in the old base; null where it is not there.
    old: Option<&'a str>,
    /// Its version in the new base; null where it is not there.
    new: Option<&'a str>,
}

impl<'a> Rebase<'a> {
    /// Of images, and what was pushed of them.
    pub fn of(images: Vec<Image<'a>>, pushed: impl IntoIterator<Item = &'a registry::Pushed>) -> Self {
        Self { version: Version, images, pushed: Pushed::all(pushed) }
    }
}

impl<'a> Image<'a> {
    /// An image, and the versions of functions that use it.
    pub fn of(image: &'a str, used_by: Option<&'a [String]>) -> Self {
        Self { image, used_by, error: None, left_out: None, plan: None }
    }

    /// Without a plan.
    pub fn failed(self, error: String) -> Self {
        Self { error: Some(error), ..self }
    }

    /// Without a plan, which is not an error.
    pub fn left_out(self, why: String) -> Self {
        Self { left_out: Some(why), ..self }
    }

    /// With a plan, and the name that it gets.
    pub fn planned(self, plan: &'a Plan, target: Option<String>) -> Self {
        let base = |base: &'a rebase::PlannedBase| Base { name: &base.name, digest: base.digest.into() };
        let plan = Planned {
            digest: plan.image.digest.into(),
            architecture: plan.arch.into(),
            runtime: plan.runtime.as_deref(),
            old_base: base(&plan.old_base),
            new_base: base(&plan.new_base),
            rebased: plan.rebased.as_ref().map(|rebased| Rebased::of(rebased, target)),
        };
        Self { plan: Some(plan), ..self }
    }
}

impl<'a> Rebased<'a> {
    fn of(rebased: &'a rebase::Rebased, target: Option<String>) -> Self {
        let changes = &rebased.changes;
        Self {
            digest: rebased.image.digest.into(),
            refused: rebased.is_refused(),
            equals_build: rebased.equals_build,
            target,
            findings: rebased.findings.iter().map(Found::from).collect(),
            changes: Changes {
                packages: changes.packages.iter().map(Package::from).collect(),
                packages_unread: changes.packages_unread.as_deref(),
                added: &changes.added,
                removed: &changes.removed,
                changed: &changes.changed,
            },
        }
    }
}

impl<'a> From<&'a Finding> for Found<'a> {
    fn from(found: &'a Finding) -> Self {
        Self {
            row: found.obligation.name(),
            verdict: found.verdict.to_string(),
            subject: &found.subject,
            message: &found.message,
        }
    }
}

impl<'a> From<&'a rebase::PackageChange> for Package<'a> {
    fn from(change: &'a rebase::PackageChange) -> Self {
        Self { name: &change.name, old: change.old.as_deref(), new: change.new.as_deref() }
    }
}
