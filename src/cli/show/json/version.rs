//! The object of `version`.

use lambda_img::pack::Encoder as PackEncoder;
use schemars::JsonSchema;
use serde::Serialize;

use super::values;

#[derive(Serialize, JsonSchema)]
pub struct Version {
    pub version: values::Version<1>,
    /// The version of the tool.
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+"))]
    pub lambda_img: &'static str,
    /// The number of the layer format that it writes.
    #[schemars(range(min = 1))]
    pub layer_format: u32,
    pub encoder: Encoder,
    /// What the tool was compiled for, in Rust's words.
    #[schemars(length(min = 1))]
    pub target: &'static str,
    /// The commit that it was made from, where that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9a-f]{7,64}$"))]
    pub commit: Option<&'static str>,
}

/// What compresses layers: equal encoders write equal bytes.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Encoder {
    #[schemars(length(min = 1))]
    name: &'static str,
    #[schemars(length(min = 1))]
    version: &'static str,
    /// The most bytes of a block.
    #[schemars(range(min = 1))]
    block_size: usize,
}

impl From<PackEncoder> for Encoder {
    fn from(encoder: PackEncoder) -> Self {
        let PackEncoder { name, version, block_size } = encoder;
        Self { name, version, block_size }
    }
}
