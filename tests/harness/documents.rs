//! JSON that could be a manifest or a configuration.

use proptest::prelude::*;
use serde_json::{Value, json};

/// JSON of any shape, with the keys of images.
pub fn json_of_images() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(linux|amd64|/|\\.\\./x|sha256:[0-9a-f]{64}|A=b|\\PC{0,8})".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("config"),
        Just("layers"),
        Just("mediaType"),
        Just("digest"),
        Just("size"),
        Just("rootfs"),
        Just("diff_ids"),
        Just("history"),
        Just("Env"),
        Just("Entrypoint"),
        Just("Cmd"),
        Just("WorkingDir"),
        Just("User"),
        Just("Volumes"),
        Just("Healthcheck"),
        Just("Test"),
        Just("Labels"),
        Just("os"),
        Just("architecture"),
        Just("manifests"),
        Just("annotations"),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let map = proptest::collection::btree_map(key.clone(), inner.clone(), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            map.prop_map(|map| json!(map)),
        ]
    })
}
