//! The configuration on the new base: a three-way merge. What the image does not change comes from the new base; what
//! only the image changes, it keeps; what both change in different ways is a conflict.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Keys that are made again for each image.
const MADE_ANEW: [&str; 3] = ["created", "history", "rootfs"];

/// What the classic builder of Docker writes into each image, and Lambda does not read.
const OF_THE_BUILDER: [&str; 3] = ["Image", "Hostname", "Domainname"];

/// A key that both the image and the new base change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// `config.Env.PATH`.
    pub key: String,
    /// What the old base has.
    pub old: String,
    /// What the image has.
    pub image: String,
    /// What the new base has.
    pub new: String,
}

/// A merged configuration.
pub struct Merged {
    /// All but `created`, `history` and `rootfs`. Where there is a conflict, it has what the image has.
    pub settings: Map<String, Value>,
    /// What could not be merged.
    pub conflicts: Vec<Conflict>,
}

/// Merges configurations, each a whole document.
pub fn merge(old: &Value, image: &Value, new: &Value) -> Merged {
    let mut conflicts = Vec::new();
    let top = |document: &Value| {
        let mut top = document.as_object().cloned().unwrap_or_default();
        MADE_ANEW.iter().for_each(|key| drop(top.remove(*key)));
        let config = top.remove("config").filter(Value::is_object).unwrap_or_else(|| json!({}));
        (top, config)
    };
    let ((old_top, old), (image_top, image), (new_top, new)) = (top(old), top(image), top(new));
    // Nothing above `config` decides how a function runs, but for the platform, which is proved to be the same.
    let mut settings = objects(&old_top, &image_top, &new_top, "", &mut Vec::new());
    let mut config = objects(map(&old), map(&image), map(&new), "config.", &mut conflicts);
    match env(&old, &image, &new, &mut conflicts) {
        Some(env) => drop(config.insert("Env".to_owned(), env)),
        None => drop(config.remove("Env")),
    }
    conflicts.retain(|conflict| {
        let key = conflict.key.trim_start_matches("config.");
        key != "Env" && !OF_THE_BUILDER.contains(&key)
    });
    settings.insert("config".to_owned(), Value::Object(config));
    Merged { settings, conflicts }
}

/// The members of an object; none of what is not one.
fn map(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

fn objects(
    old: &Map<String, Value>,
    image: &Map<String, Value>,
    new: &Map<String, Value>,
    path: &str,
    conflicts: &mut Vec<Conflict>,
) -> Map<String, Value> {
    let mut merged = Map::new();
    let keys = new.keys().chain(image.keys().filter(|key| !new.contains_key(*key)));
    for key in keys {
        let at = format!("{path}{key}");
        if let Some(value) = one(old.get(key), image.get(key), new.get(key), &at, conflicts) {
            merged.insert(key.clone(), value);
        }
    }
    merged
}

fn one(
    old: Option<&Value>,
    image: Option<&Value>,
    new: Option<&Value>,
    path: &str,
    conflicts: &mut Vec<Conflict>,
) -> Option<Value> {
    if image == old {
        return new.cloned();
    }
    if new == old || new == image {
        return image.cloned();
    }
    let is_mapping = |value: Option<&Value>| value.is_none_or(|value| value.is_object() || value.is_null());
    if is_mapping(old) && is_mapping(image) && is_mapping(new) {
        let part = |value: Option<&Value>| map(value.unwrap_or(&Value::Null)).clone();
        let merged = objects(&part(old), &part(image), &part(new), &format!("{path}."), conflicts);
        return Some(Value::Object(merged));
    }
    let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), ToString::to_string);
    let conflict = Conflict { key: path.to_owned(), old: text(old), image: text(image), new: text(new) };
    conflicts.push(conflict);
    image.cloned()
}

/// Variables by name: those of the new base in their order, changed in place, and the image's own behind them by name.
fn env(old: &Value, image: &Value, new: &Value, conflicts: &mut Vec<Conflict>) -> Option<Value> {
    let list = |config: &Value| -> Vec<(String, String)> {
        let lines = config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
        lines
            .map(|line| line.split_once('=').unwrap_or((line, "")))
            .map(|(n, v)| (n.into(), v.into()))
            .collect()
    };
    let (old, image, now) = (list(old), list(image), list(new));
    let get = |all: &[(String, String)], name: &str| {
        all.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    };
    let mut changes: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (name, _) in image.iter().chain(&old) {
        let (was, is) = (get(&old, name), get(&image, name));
        if was == is {
            continue;
        }
        let wanted = get(&now, name);
        if wanted != was && wanted != is {
            let text =
                |value: Option<String>| value.map_or("nothing".to_owned(), |value| format!("{value:?}"));
            let key = format!("config.Env.{name}");
            let conflict = Conflict { key, old: text(was), image: text(is.clone()), new: text(wanted) };
            if !conflicts.contains(&conflict) {
                conflicts.push(conflict);
            }
        }
        changes.insert(name.clone(), is);
    }
    if changes.is_empty() {
        return new.get("Env").cloned();
    }
    let mut env = Vec::new();
    for (name, value) in now {
        match changes.remove(&name) {
            None => env.push(format!("{name}={value}")),
            Some(Some(changed)) => env.push(format!("{name}={changed}")),
            Some(None) => {}
        }
    }
    env.extend(changes.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))));
    Some(json!(env))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(config: Value) -> Value {
        json!({ "os": "linux", "created": "x", "history": [], "rootfs": {}, "config": config })
    }

    #[test]
    fn what_only_one_changes_is_taken() {
        let old = config(json!({ "Env": ["A=1", "B=2"], "WorkingDir": "/", "Labels": { "x": "1" } }));
        let image = config(json!({
            "Env": ["A=1", "B=3", "M=5"], "WorkingDir": "/", "Cmd": ["a.b"], "Labels": { "x": "1", "mine": "2" },
        }));
        let new = config(json!({
            "Env": ["C=7", "B=2", "A=9"], "WorkingDir": "/var/task", "Labels": { "x": "2" },
        }));
        let merged = merge(&old, &image, &new);
        assert_eq!(merged.conflicts, []);
        assert_eq!(
            Value::Object(merged.settings),
            json!({ "os": "linux", "config": {
            "Env": ["C=7", "B=3", "A=9", "M=5"], "WorkingDir": "/var/task", "Cmd": ["a.b"],
            "Labels": { "x": "2", "mine": "2" },
        } })
        );
    }

    #[test]
    fn what_both_change_is_a_conflict() {
        let old = config(json!({ "Env": ["PATH=/bin"], "Entrypoint": ["/a"], "User": "0" }));
        let image = config(json!({ "Env": ["PATH=/opt:/bin"], "Entrypoint": ["/b"], "User": "1" }));
        let new = config(json!({ "Env": ["PATH=/bin:/lang"], "Entrypoint": ["/c"], "User": "1" }));
        let keys: Vec<_> = merge(&old, &image, &new).conflicts.into_iter().map(|one| one.key).collect();
        assert_eq!(keys, ["config.Entrypoint", "config.Env.PATH"]);
    }
}
