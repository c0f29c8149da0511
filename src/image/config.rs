//! The image configuration: raw JSON, so that an edit never drops a key that it does not know.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Descriptor;
use crate::digest::{Digest, InvalidDigest};
use crate::json;
use crate::media_type::Family;

/// An image configuration (OCI image specification, "config"; Docker's is the same in all that is
/// read here), with its bytes.
#[derive(Clone, Debug)]
pub struct ImageConfig {
    bytes: Arc<[u8]>,
    value: Value,
}

/// Why bytes are not an image configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not JSON.
    #[error("a malformed image configuration")]
    Malformed(#[source] serde_json::Error),
    /// A field of the wrong type or missing.
    #[error("a malformed image configuration: `{0}` is missing or of another type than it should be")]
    Field(&'static str),
    /// A diff_id that is not SHA-256.
    #[error("a malformed image configuration")]
    DiffId(#[from] InvalidDigest),
    /// More history than layers: no rule says which entries to drop.
    #[error("the image configuration has {entries} history entries for {layers} layers")]
    History {
        /// Entries that are not marked `empty_layer`.
        entries: usize,
        /// Layers.
        layers: usize,
    },
}

impl ImageConfig {
    /// Reads a configuration, and keeps its bytes.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(bytes: Arc<[u8]>) -> Result<Self, ConfigError> {
        let value: Value = serde_json::from_slice(&bytes).map_err(ConfigError::Malformed)?;
        let object = |value: &Value| value.is_object() || value.is_null();
        if !value.is_object() {
            return Err(ConfigError::Field("the whole"));
        }
        if !object(&value["config"]) {
            return Err(ConfigError::Field("config"));
        }
        if !object(&value["config"]["Labels"]) {
            return Err(ConfigError::Field("config.Labels"));
        }
        if !value["history"].is_array() && !value["history"].is_null() {
            return Err(ConfigError::Field("history"));
        }
        let config = Self { bytes, value };
        config.diff_ids()?;
        Ok(config)
    }

    /// A configuration of `value`, in canonical bytes.
    ///
    /// # Errors
    /// As [`ImageConfig::parse`].
    pub fn of(value: &Value) -> Result<Self, ConfigError> {
        Self::parse(json::to_bytes(value).into())
    }

    /// Its bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// All of it.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// Its digest: what Docker calls the image id.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// The configuration as a blob.
    pub fn descriptor(&self, family: Family) -> Descriptor {
        Descriptor {
            media_type: family.config().to_owned(),
            digest: self.digest(),
            size: self.bytes.len() as u64,
        }
    }

    /// The operating system and the architecture, in OCI's words; empty where missing.
    pub fn platform(&self) -> (&str, &str) {
        let text = |key: &str| self.value[key].as_str().unwrap_or_default();
        (text("os"), text("architecture"))
    }

    /// Digests of the uncompressed layers, lowest first.
    ///
    /// # Errors
    /// [`ConfigError`] where `rootfs.diff_ids` is not a list of SHA-256 digests.
    pub fn diff_ids(&self) -> Result<Vec<Digest>, ConfigError> {
        let list = match &self.value["rootfs"]["diff_ids"] {
            Value::Array(list) => list.as_slice(),
            // Go writes an empty list as null.
            Value::Null if self.value["rootfs"].is_object() => &[],
            _ => return Err(ConfigError::Field("rootfs.diff_ids")),
        };
        let digest =
            |item: &Value| Ok(item.as_str().ok_or(ConfigError::Field("rootfs.diff_ids"))?.parse()?);
        list.iter().map(digest).collect()
    }

    /// `config.Env`: `NAME=value` each.
    pub fn env(&self) -> Vec<String> {
        self.strings("Env").unwrap_or_default()
    }

    /// `config.Entrypoint`.
    pub fn entrypoint(&self) -> Option<Vec<String>> {
        self.strings("Entrypoint")
    }

    /// `config.Cmd`.
    pub fn cmd(&self) -> Option<Vec<String>> {
        self.strings("Cmd")
    }

    /// `config.WorkingDir`.
    pub fn working_dir(&self) -> Option<&str> {
        self.value["config"]["WorkingDir"].as_str()
    }

    fn strings(&self, key: &str) -> Option<Vec<String>> {
        let list = self.value["config"][key].as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The history with an entry for every layer: missing ones are added in front of nothing, at the
    /// end, dated `created`. AWS's own base images have had none, which breaks podman
    /// (aws-lambda-base-images#2).
    pub(super) fn padded_history(&self, created: &str) -> Result<Vec<Value>, ConfigError> {
        let mut history = self.value["history"].as_array().cloned().unwrap_or_default();
        let layers = self.diff_ids()?.len();
        let entries = history.iter().filter(|entry| entry["empty_layer"] != json!(true)).count();
        if entries > layers {
            return Err(ConfigError::History { entries, layers });
        }
        let filler = json!({ "created": created, "created_by": "base layer without history" });
        history.extend(std::iter::repeat_n(filler, layers - entries));
        Ok(history)
    }

    /// The whole as an object to edit, `config` being one too.
    pub(super) fn to_edit(&self) -> Map<String, Value> {
        let mut whole = self.value.as_object().cloned().unwrap_or_default();
        if !whole.get("config").is_some_and(Value::is_object) {
            whole.insert("config".to_owned(), json!({}));
        }
        whole
    }
}
