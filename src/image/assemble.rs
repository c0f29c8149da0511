//! Assembles an image from a base, new layers and edits of the configuration.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ConfigError, Image, ImageConfig, Layer};
use crate::epoch::Epoch;
use crate::media_type::Family;

/// How `created_by` begins of a layer that this tool made: by it, such layers are known.
pub const CREATED_BY_PREFIX: &str = "lambda-img: ";

/// The annotation that tells which layer format an image's layers have: images made here have it.
pub const FORMAT_ANNOTATION: &str = "dev.lambda-img.layer-format";

/// What a build changes in the base's configuration; what is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Variables to set, the base's of other names staying.
    pub env: BTreeMap<String, String>,
    /// Labels to set.
    pub labels: BTreeMap<String, String>,
    /// `Entrypoint`.
    pub entrypoint: Option<Vec<String>>,
    /// `Cmd`; empty to have none.
    pub cmd: Option<Vec<String>>,
    /// `WorkingDir`.
    pub workdir: Option<String>,
}

/// A new layer, and what its history entry says made it.
pub struct Addition {
    /// The layer.
    pub layer: Layer,
    /// `created_by` of its history entry.
    pub created_by: String,
}

/// Why no image came of it.
pub type AssembleError = ConfigError;

/// Puts `additions` on `base`, lowest first, and edits its configuration.
///
/// `annotations` go to the manifest, or to the labels where the family is Docker's, whose manifests
/// have none.
///
/// # Errors
/// [`ConfigError`] where the base's configuration cannot be built on.
pub fn assemble(
    base: &Image,
    family: Family,
    additions: Vec<Addition>,
    edits: &Edits,
    annotations: &BTreeMap<String, String>,
    epoch: Epoch,
) -> Result<Image, AssembleError> {
    let created = epoch.rfc3339();
    let mut history = base.config.padded_history(&created)?;
    let mut layers = base.layers.clone();
    for addition in additions {
        history.push(json!({ "created": created, "created_by": addition.created_by }));
        layers.push(addition.layer);
    }
    for layer in &mut layers {
        layer.descriptor.media_type = family.layer().to_owned();
    }

    let mut edits = edits.clone();
    if family == Family::Docker {
        for (key, value) in annotations {
            edits.labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
    let mut whole = base.config.to_edit();
    whole.insert("created".to_owned(), json!(created));
    whole.insert("history".to_owned(), Value::Array(history));
    whole.insert("rootfs".to_owned(), json!({ "type": "layers", "diff_ids": diff_ids }));
    apply(&edits, &base.config, &mut whole["config"]);
    let config = ImageConfig::of(&Value::Object(whole))?;
    Ok(Image::compose(family, config, layers, annotations))
}

fn apply(edits: &Edits, base: &ImageConfig, config: &mut Value) {
    if !edits.env.is_empty() {
        config["Env"] = json!(merged_env(base.env(), &edits.env));
    }
    for (key, value) in &edits.labels {
        config["Labels"][key.as_str()] = json!(value);
    }
    if let Some(entrypoint) = &edits.entrypoint {
        config["Entrypoint"] = json!(entrypoint);
    }
    if let Some(cmd) = &edits.cmd {
        config["Cmd"] = if cmd.is_empty() { Value::Null } else { json!(cmd) };
    }
    if let Some(workdir) = &edits.workdir {
        config["WorkingDir"] = json!(workdir);
    }
}

/// The base's variables in their order, changed in place; new ones behind them by name.
fn merged_env(base: Vec<String>, changes: &BTreeMap<String, String>) -> Vec<String> {
    let mut changes = changes.clone();
    let mut env: Vec<String> = base
        .into_iter()
        .map(|variable| {
            let name = variable.split('=').next().unwrap_or_default();
            match changes.remove_entry(name) {
                Some((name, value)) => format!("{name}={value}"),
                None => variable,
            }
        })
        .collect();
    env.extend(changes.iter().map(|(name, value)| format!("{name}={value}")));
    env
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::image::{BytesBlob, Descriptor};
    use std::sync::Arc;

    fn layer(text: &'static [u8]) -> Layer {
        let digest = Digest::of(text);
        let descriptor = Descriptor { media_type: String::new(), digest, size: text.len() as u64 };
        Layer { descriptor, diff_id: digest, tar_size: None, source: Arc::new(BytesBlob(text.into())) }
    }

    fn base(config: Value) -> Image {
        Image::compose(Family::Oci, ImageConfig::of(&config).unwrap(), vec![layer(b"base")], &BTreeMap::new())
    }

    #[test]
    fn unknown_keys_stay_and_history_is_padded() {
        let base = base(json!({
            "architecture": "amd64", "os": "linux", "variant": "v2", "history": null,
            "rootfs": { "type": "layers", "diff_ids": [Digest::of(b"base").to_string()] },
            "config": { "Env": ["A=1", "B=2"], "Healthcheck": { "Test": ["NONE"] }, "OnBuild": ["RUN x"] },
        }));
        let edits = Edits {
            env: [("B", "3"), ("C", "4")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            cmd: Some(vec!["app.handler".to_owned()]),
            ..Edits::default()
        };
        let notes = [("k".to_owned(), "v".to_owned())].into();
        let add = || vec![Addition { layer: layer(b"code"), created_by: "code".to_owned() }];
        let image = assemble(&base, Family::Oci, add(), &edits, &notes, Epoch::default()).unwrap();
        let config = image.config.value();
        assert_eq!(config["variant"], "v2");
        assert_eq!(config["config"]["Healthcheck"]["Test"][0], "NONE");
        assert_eq!(image.config.env(), ["A=1", "B=3", "C=4"]);
        assert_eq!(image.config.cmd().unwrap(), ["app.handler"]);
        assert_eq!(config["history"].as_array().unwrap().len(), 2);
        assert_eq!(config["history"][1]["created_by"], "code");
        assert!(String::from_utf8_lossy(&image.manifest).contains(r#""annotations":{"k":"v"}"#));

        let docker = assemble(&base, Family::Docker, add(), &edits, &notes, Epoch::default()).unwrap();
        assert_eq!(docker.config.value()["config"]["Labels"]["k"], "v");
        assert!(!String::from_utf8_lossy(&docker.manifest).contains("annotations"));
        assert!(docker.layers.iter().all(|layer| layer.descriptor.media_type == Family::Docker.layer()));
    }
}
