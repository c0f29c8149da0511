//! The object of `check`.

use lambda_img::examine::Checked;
use schemars::JsonSchema;
use serde::Serialize;

use super::finding::Finding;
use super::values::{Architecture, Digest, Version};

#[derive(Serialize, JsonSchema)]
pub struct Check<'a> {
    version: Version<1>,
    /// The image or function, as it was named.
    image: &'a str,
    /// Of the manifest; null where there is none, as in a Docker archive.
    digest: Option<Digest>,
    architecture: Option<Architecture>,
    /// Lambda's identifier of the runtime, named or recognised.
    runtime: Option<&'a str>,
    layers: Layers,
    /// Findings that stop a publication.
    denied: usize,
    warnings: usize,
    /// Findings that --allow accepts.
    allowed: usize,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Layers {
    all: usize,
    /// Layers of a known base are left alone without --all-layers.
    read: usize,
}

impl<'a> From<&'a Checked> for Check<'a> {
    fn from(checked: &'a Checked) -> Self {
        let Checked { name, digest, arch, profile, layers: (read, all), report } = checked;
        Self {
            version: Version,
            image: name,
            digest: digest.map(Into::into),
            architecture: arch.map(Into::into),
            runtime: profile.as_ref().map(|profile| profile.id.as_str()),
            layers: Layers { all: *all, read: *read },
            denied: report.denied().count(),
            warnings: report.warnings().count(),
            allowed: report.allowed().count(),
            findings: Finding::all(&report.findings),
        }
    }
}
