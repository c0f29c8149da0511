//! The schemas of `docs/schemas`, made from the types.

use std::path::Path;
use std::{env, fs};

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::{
    auth_check, base, build, cache, check, config, diff, explain, init, inspect, invoke, push, rebase,
    runtimes, verify, version,
};
#[cfg(feature = "aws")]
use super::{deploy, images, prune, rollback};

/// Every command with `--json`, and the schema of what it prints.
fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("auth check", schema::<auth_check::AuthCheck>()),
        ("base list", schema::<base::List>()),
        ("base lock", schema::<base::Lock>()),
        ("base pull", schema::<base::Pull>()),
        ("base sync", schema::<base::Sync>()),
        ("base update", schema::<base::Update>()),
        ("base verify", schema::<base::Verify>()),
        ("build", schema::<build::Build>()),
        ("cache info", schema::<cache::Info>()),
        ("cache prune", schema::<cache::Prune>()),
        ("cache verify", schema::<cache::Verify>()),
        ("check", schema::<check::Check>()),
        ("config", schema::<config::Config>()),
        #[cfg(feature = "aws")]
        ("deploy", schema::<deploy::Deploy>()),
        ("diff", schema::<diff::Diff>()),
        ("explain", schema::<explain::Explain>()),
        ("init", schema::<init::Init>()),
        #[cfg(feature = "aws")]
        ("images", schema::<images::Images>()),
        ("inspect", schema::<inspect::Inspect>()),
        ("invoke", schema::<invoke::Invoked>()),
        #[cfg(feature = "aws")]
        ("prune", schema::<prune::Prune>()),
        ("push", schema::<push::Push>()),
        ("rebase", schema::<rebase::Rebase>()),
        #[cfg(feature = "aws")]
        ("rollback", schema::<rollback::Rollback>()),
        ("runtimes", schema::<runtimes::Runtimes>()),
        ("verify", schema::<verify::Verify>()),
        ("version", schema::<version::Version>()),
    ]
}

fn schema<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(exact);
    settings.into_generator().into_root_schema_for::<T>()
}

/// What all of our objects have in common: they have no other keys than those of their types, and a key that may be
/// absent is never null. That comments have lines, and integers widths, is Rust's affair.
fn exact(schema: &mut Schema) {
    if let Some(object) = schema.as_object_mut() {
        let required = object.get("required").cloned().unwrap_or_default();
        let is_required = |key: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == key));
        if let Some(Value::Object(properties)) = object.get_mut("properties") {
            properties.iter_mut().filter(|(key, _)| !is_required(key)).for_each(|(_, one)| never_null(one));
            object.insert("additionalProperties".to_owned(), false.into());
        }
        if object.get("format").is_some_and(|format| format != "date") {
            object.remove("format");
        }
        if let Some(text) = object.get("description").and_then(|text| text.as_str()) {
            let line = text.replace('\n', " ");
            object.insert("description".to_owned(), line.into());
        }
    }
    transform_subschemas(&mut exact, schema);
}

/// The same without null: `{"type": ["string", "null"]}` is `{"type": "string"}`.
fn never_null(schema: &mut Value) {
    if let [one, null] = schema["type"].as_array().map_or(&[][..], Vec::as_slice)
        && null == "null"
    {
        schema["type"] = one.clone();
    }
}

#[test]
fn the_schemas_in_the_repository_are_those_of_the_types() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    for (command, mut schema) in all() {
        schema.insert("title".to_owned(), format!("lambda-img {command} --json, version 1").into());
        let text = format!("{:#}\n", schema.as_value());
        let path = dir.join(command.replace(' ', "-")).with_extension("json");
        if env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        let again = "UPDATE_GOLDENS=1 cargo test --bin lambda-img schemas";
        assert!(there == text, "{} is not of its types: run {again}", path.display());
    }
}
