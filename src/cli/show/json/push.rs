//! The object of `push`.

use lambda_img::build;
use schemars::JsonSchema;
use serde::Serialize;

use super::pushed::{Pushed, Stopped};
use super::values::{Digest, ManifestType, Version};

/// An image, and where it was pushed. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Push<'a> {
    Copied(Copied<'a>),
    Stopped(Stopped<'a>),
}

#[derive(Serialize, JsonSchema)]
pub struct Copied<'a> {
    version: Version<1>,
    /// As it was named.
    source: String,
    /// Of the manifest.
    digest: Digest,
    media_type: ManifestType,
    /// OS and architecture, as the configuration says them: linux/amd64.
    #[schemars(regex(pattern = "^[^/]*/[^/]*$"))]
    platform: String,
    #[schemars(length(min = 1))]
    pushed: Vec<Pushed<'a>>,
}

impl<'a> Copied<'a> {
    pub fn of(source: String, copied: &'a build::Copied) -> Self {
        let (os, architecture) = copied.image.config.platform();
        Self {
            version: Version,
            source,
            digest: copied.image.digest.into(),
            media_type: copied.image.family.into(),
            platform: format!("{os}/{architecture}"),
            pushed: Pushed::all(&copied.pushed),
        }
    }
}
