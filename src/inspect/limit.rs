//! How much of each of Lambda's limits an image uses.

use serde_json::Value;

use super::Layer;
use crate::check::ImageView;
use crate::check::limits::{ENVIRONMENT_MAX, IMAGE_MAX, MANIFEST_ADVICE};

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// How many bytes there are; `None` where that is not known.
    pub bytes: Option<u64>,
    /// Whether there may be more: layers that were not read count as compressed.
    pub at_least: bool,
    /// How many bytes there may be.
    pub max: u64,
    /// Who says so, as `Lambda allows`.
    pub who: &'static str,
}

/// What Lambda limits (see [`limits`](crate::check::limits)), and the budget of the user.
pub fn limits(view: &ImageView, layers: &[Layer], budget: Option<u64>) -> Vec<Limit> {
    let environment = view.config.value["config"]["Env"].as_array().map_or(&[][..], Vec::as_slice);
    let environment = environment.iter().filter_map(Value::as_str).map(|pair| pair.len() as u64).sum();
    let manifest = view.manifest.as_ref().map(|manifest| manifest.bytes.len() as u64);
    let known = |layer: &Layer| layer.bytes.or(layer.compressed);
    let bytes = layers.iter().map(known).try_fold(0, |sum: u64, bytes| sum.checked_add(bytes?));
    let at_least = layers.iter().any(|layer| layer.bytes.is_none());
    let limit = |what, bytes, max, who| Limit { what, bytes, at_least: false, max, who };
    let size = |max, who| Limit { at_least, ..limit("uncompressed", bytes, max, who) };
    let mut limits = vec![size(IMAGE_MAX, "Lambda allows")];
    limits.extend(budget.map(|budget| size(budget, "the budget allows")));
    limits.push(limit("environment", Some(environment), ENVIRONMENT_MAX as u64, "Lambda allows"));
    limits.push(limit("manifest", manifest, MANIFEST_ADVICE as u64, "Lambda advises"));
    limits
}
