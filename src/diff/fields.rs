//! Two documents, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Pair;
use crate::check::ImageView;

/// A field in which two documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which document: `manifest` or `config`.
    pub document: &'static str,
    /// Where it is, keys parted by dots.
    pub path: String,
    /// Its value in A, if it is there.
    pub a: Option<Value>,
    /// Its value in B, if it is there.
    pub b: Option<Value>,
}

/// The order of variables, as a field of its own.
const ORDER: &str = "config.Env, its order";

/// Fields in which two images differ: of the manifests, where both have one, of the configurations, and of the
/// descriptors of layers that are paired.
pub fn fields(a: &ImageView, b: &ImageView, pairs: &[Pair]) -> Vec<Field> {
    let mut fields = match (&a.manifest, &b.manifest) {
        (Some(a), Some(b)) => manifest(&a.value, &b.value),
        _ => Vec::new(),
    };
    fields.extend(config(&a.config.value, &b.config.value));
    for pair in pairs {
        let descriptor =
            |view: &'_ ImageView, at: Option<usize>| Some(view.layers.get(at?)?.descriptor.clone());
        // Without a manifest they are null.
        let both = (descriptor(a, pair.a), descriptor(b, pair.b), pair.b);
        if let (Some(a @ Value::Object(_)), Some(b @ Value::Object(_)), Some(at)) = both {
            fields.extend(layer(at, &a, &b));
        }
    }
    fields
}

/// Fields of two image configurations, but those that list layers.
fn config(a: &Value, b: &Value) -> Vec<Field> {
    let rest = |value: &Value| without(value, &["history", "rootfs"]);
    let mut fields = differing("config", "", &rest(a), &rest(b));
    // Of other variables, the order says nothing more.
    fields.retain(|field| field.path != ORDER || sorted(field.a.as_ref()) == sorted(field.b.as_ref()));
    fields.extend(history(&a["history"], &b["history"]));
    fields
}

/// Fields of two manifests, but those that name blobs.
fn manifest(a: &Value, b: &Value) -> Vec<Field> {
    let rest = |value: &Value| {
        let mut rest = without(value, &["layers"]);
        if let Some(config) = rest.get_mut("config") {
            *config = without(config, &["digest", "size"]);
        }
        rest
    };
    differing("manifest", "", &rest(a), &rest(b))
}

/// Fields of two descriptors of layers, but those that name the blob.
fn layer(at: usize, a: &Value, b: &Value) -> Vec<Field> {
    let rest = |value: &Value| without(value, &["digest", "size", "mediaType"]);
    differing("manifest", &format!("layers[{at}]"), &rest(a), &rest(b))
}

/// History without its dates is what made the layers; a date that all entries share is told once.
fn history(a: &Value, b: &Value) -> Vec<Field> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (a, b) = (list(a), list(b));
    if a.len() != b.len() {
        let count = |list: &[Value]| Some(json!(list.len()));
        return vec![Field {
            document: "config",
            path: "history.length".to_owned(),
            a: count(&a),
            b: count(&b),
        }];
    }
    let entries = a.iter().zip(&b).enumerate();
    let fields = entries.flat_map(|(at, (a, b))| differing("config", &format!("history[{at}]"), a, b));
    let (dates, mut fields): (Vec<_>, Vec<_>) = fields.partition(|field| field.path.ends_with("].created"));
    let first = dates.first().cloned();
    let alike =
        |field: &Field| first.as_ref().is_some_and(|first| (&first.a, &first.b) == (&field.a, &field.b));
    match first.clone() {
        Some(first) if dates.len() > 1 && dates.iter().all(alike) => {
            fields.push(Field { path: "history[*].created".to_owned(), ..first });
        }
        _ => fields.extend(dates),
    }
    fields
}

fn sorted(names: Option<&Value>) -> Vec<&str> {
    let list = names.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut names: Vec<_> = list.iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names
}

fn without(value: &Value, keys: &[&str]) -> Value {
    let rest = |object: &Map<String, Value>| {
        object
            .iter()
            .filter(|(key, _)| !keys.contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    };
    value.as_object().map_or(value.clone(), |object| Value::Object(rest(object)))
}

fn differing(document: &'static str, root: &str, a: &Value, b: &Value) -> Vec<Field> {
    let (mut of_a, mut of_b) = (BTreeMap::new(), BTreeMap::new());
    flatten(root, a, &mut of_a);
    flatten(root, b, &mut of_b);
    let paths: BTreeSet<_> = of_a.keys().chain(of_b.keys()).cloned().collect();
    let field = |path: String| {
        let (a, b) = (of_a.get(&path).cloned(), of_b.get(&path).cloned());
        Field { document, path, a, b }
    };
    paths.into_iter().map(field).filter(|field| field.a != field.b).collect()
}

/// The leaves of a document by path. A variable of the environment is a leaf, any other list is one.
fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| flatten(&below(key), value, out)),
        Value::Array(list) if path == "config.Env" => {
            let pair = |value: &'_ Value| -> Option<(String, String)> {
                let (name, value) = value.as_str()?.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            };
            let pairs: Vec<_> = list.iter().filter_map(pair).collect();
            let names: Vec<_> = pairs.iter().map(|(name, _)| name.clone()).collect();
            out.extend(pairs.iter().map(|(name, value)| (below(name), json!(value))));
            // The order may differ alone, and names may be there twice.
            out.insert(ORDER.to_owned(), json!(names));
        }
        // What is null, Go and others leave out.
        Value::Null => {}
        value => drop(out.insert(path.to_owned(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(fields: &[Field]) -> Vec<&str> {
        fields.iter().map(|field| field.path.as_str()).collect()
    }

    #[test]
    fn configurations_are_compared_by_field() {
        let a = json!({ "config": { "Env": ["A=1", "B=2"], "Cmd": ["x"], "Labels": { "a.b": "c" } },
            "history": [{ "created": "1", "created_by": "x" }, { "created": "1" }], "rootfs": { "diff_ids": [1] } });
        let b = json!({ "config": { "Env": ["A=1", "B=3"], "Cmd": ["y"], "User": "u" },
            "history": [{ "created": "2", "created_by": "y" }, { "created": "2" }], "rootfs": { "diff_ids": [2] } });
        let fields = config(&a, &b);
        let expected = [
            "config.Cmd",
            "config.Env.B",
            "config.Labels.a.b",
            "config.User",
            "history[0].created_by",
            "history[*].created",
        ];
        assert_eq!(paths(&fields), expected);
        assert_eq!((&fields[3].a, &fields[3].b), (&None, &Some(json!("u"))));
        assert!(config(&a, &a).is_empty());
    }

    #[test]
    fn the_order_of_variables_counts() {
        let env = |list: Value| json!({ "config": { "Env": list } });
        let fields = config(&env(json!(["A=1", "B=2"])), &env(json!(["B=2", "A=1"])));
        assert_eq!(paths(&fields), ["config.Env, its order"]);
    }
}
