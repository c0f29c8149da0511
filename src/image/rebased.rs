//! The same layers on another base.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ConfigError, Image, ImageConfig, Layer};

/// Puts the layers that `image` has above the first `below` ones on `base`. `settings` is the new configuration without
/// `created`, `history` and `rootfs`, which are made here as [`assemble`](super::assemble()) makes them.
///
/// # Errors
/// [`ConfigError`] where a configuration cannot be built on.
pub fn rebased(
    image: &Image,
    old_base: &ImageConfig,
    below: usize,
    base: &Image,
    settings: Map<String, Value>,
    annotations: &BTreeMap<String, String>,
) -> Result<Image, ConfigError> {
    let created = image.config.value()["created"].clone();
    let dated = created.as_str().unwrap_or("1970-01-01T00:00:00Z");
    let mut history = base.config.padded_history(dated)?;
    history.extend(own_history(image, old_base, below, dated)?);
    let mut layers: Vec<Layer> = base.layers.clone();
    layers.extend(image.layers.iter().skip(below).cloned());
    for layer in &mut layers {
        layer.descriptor.media_type = image.family.layer().to_owned();
    }
    let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
    let mut whole = settings;
    if !created.is_null() {
        whole.insert("created".to_owned(), created);
    }
    whole.insert("history".to_owned(), Value::Array(history));
    whole.insert("rootfs".to_owned(), json!({ "type": "layers", "diff_ids": diff_ids }));
    let config = ImageConfig::of(&Value::Object(whole))?;
    Ok(Image::compose(image.family, config, layers, annotations))
}

/// The entries of an image's history that are not its base's.
fn own_history(
    image: &Image,
    old_base: &ImageConfig,
    below: usize,
    dated: &str,
) -> Result<Vec<Value>, ConfigError> {
    let history = image.config.padded_history(dated)?;
    let of_base = old_base.padded_history(dated)?;
    if history.starts_with(&of_base) {
        return Ok(history[of_base.len()..].to_vec());
    }
    // Another tool wrote it: the first entries that made a layer are the base's.
    let mut left = below;
    let own = history.into_iter().skip_while(|entry| {
        let is_base = left > 0;
        if entry["empty_layer"] != json!(true) {
            left = left.saturating_sub(1);
        }
        is_base
    });
    Ok(own.collect())
}
