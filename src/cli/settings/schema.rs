//! The JSON Schema of the file, made from the same keys.

use serde_json::{Map, Value, json};

use super::keys::{Key, Keys};
use super::kinds::ValueKind;
use super::registries;
use crate::cli::options::old_names;
use crate::cli::options::step::{self, Form};

/// JSON Schema, draft 7: the newest that the common TOML editors read.
pub fn schema(keys: &Keys) -> Value {
    let mut options = Map::new();
    for key in keys.iter().filter(|key| !key.is_hidden) {
        options.insert(key.name.clone(), property(key));
        let old = key.old_names.iter().map(|old| (old.clone(), deprecated(property(key), &key.name)));
        options.extend(old);
    }
    let split = keys.get(old_names::SPLIT).map(property);
    options
        .extend(split.map(|split| (old_names::SPLIT.to_owned(), deprecated(split, old_names::SINGLE_LAYER))));
    let registry = registries::KEYS.iter().map(|(name, is_flag, about)| {
        let kind =
            if *is_flag { json!({ "type": "boolean" }) } else { json!({ "type": "string", "minLength": 1 }) };
        ((*name).to_owned(), described(kind, about))
    });
    let settings = json!({ "$ref": "#/definitions/settings" });
    let named = |about: &str| {
        json!({
            "type": "object",
            "description": about,
            "propertyNames": { "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$" },
            "additionalProperties": settings,
        })
    };
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "lambda-img.toml",
        "description": "Settings of lambda-img: what builds below this directory are to do.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "defaults": { "allOf": [settings], "description": "What holds for every function" },
            "functions": named("The functions by name: `lambda-img build NAME`"),
            "profiles": named("What to prefer to defaults and functions: `--profile NAME` or LAMBDA_IMG_PROFILE"),
            "registries": {
                "type": "object",
                "description": "How registries are reached, by HOST[:PORT]",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": registry.collect::<Map<_, _>>(),
                },
            },
        },
        "definitions": {
            "settings": { "type": "object", "additionalProperties": false, "properties": options },
        },
    })
}

fn property(key: &Key) -> Value {
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    let kind = match &key.kind {
        ValueKind::Flag => json!({ "type": "boolean" }),
        ValueKind::Count => json!({ "type": "integer", "minimum": 0, "maximum": 255 }),
        ValueKind::Number(least) => json!({ "type": "integer", "minimum": least }),
        ValueKind::Text(choices) if !choices.is_empty() => json!({ "enum": choices }),
        ValueKind::Text(_) => json!({ "type": "string" }),
        ValueKind::Program | ValueKind::List => json!({ "anyOf": [{ "type": "string" }, strings] }),
        ValueKind::Steps => json!({ "type": "array", "items": step() }),
        ValueKind::Pairs => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
    };
    described(kind, &key.about)
}

/// The table of a step; its directory is that of the file.
fn step() -> Value {
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    let properties = step::KEYS.iter().filter(|(name, ..)| *name != "dir").map(|(name, form, about)| {
        let kind = match form {
            Form::Text => json!({ "type": "string" }),
            Form::List => json!({ "anyOf": [{ "type": "string" }, strings] }),
        };
        ((*name).to_owned(), described(kind, about))
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["run", "inputs"],
        "properties": properties.collect::<Map<_, _>>(),
    })
}

/// The property of an old name: validators take it, and editors show what to write for it.
fn deprecated(mut property: Value, now: &str) -> Value {
    // Of a newer draft than 7, whose validators ignore what they do not know.
    property["deprecated"] = true.into();
    described(property, &format!("The older form of `{now}`"))
}

fn described(mut kind: Value, about: &str) -> Value {
    kind["description"] = about.into();
    kind
}
