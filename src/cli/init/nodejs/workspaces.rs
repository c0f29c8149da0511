//! A workspace: packages that import each other, installed together. The image has them where the workspace does, so
//! that the links between them lead where they should.

use serde_json::Value;

use super::super::source::{Source, matches};

/// A package of a workspace.
pub struct Own {
    /// Its directory below the workspace's.
    pub dir: String,
    /// The name in its package.json.
    pub name: String,
    /// Its package.json.
    pub json: Value,
}

/// The packages of a workspace, by directory; none where it is not one.
pub fn packages(source: &Source<'_>, package: &Value) -> Vec<Own> {
    let listed = match &package["workspaces"] {
        Value::Array(list) => list.clone(),
        Value::Object(settings) => {
            settings.get("packages").and_then(Value::as_array).cloned().unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let mut patterns: Vec<String> =
        listed.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect();
    patterns.extend(matches(&source.text("pnpm-workspace.yaml"), r#"(?m)^\s*-\s*["']?([^"'#\s]+)"#));
    let mut all = Vec::new();
    for pattern in patterns.iter().map(|pattern| pattern.trim_start_matches("./").trim_end_matches('/')) {
        let dirs = match pattern.split_once("/*") {
            Some((above, _)) => {
                source.names(above).into_iter().map(|name| format!("{above}/{name}")).collect()
            }
            None if pattern == "*" => source.names(""),
            None => vec![pattern.to_owned()],
        };
        for dir in dirs {
            let json: Value =
                serde_json::from_str(&source.text(&format!("{dir}/package.json"))).unwrap_or_default();
            let Some(name) = json["name"].as_str().map(str::to_owned) else { continue };
            if !dir.contains("node_modules") && !all.iter().any(|own: &Own| own.dir == dir) {
                all.push(Own { dir, name, json });
            }
        }
    }
    all
}

/// The packages of the workspace that one needs, itself last.
pub fn needed<'a>(all: &'a [Own], own: &'a Own) -> Vec<&'a Own> {
    let mut found = Vec::new();
    visit(all, own, &mut found);
    found
}

fn visit<'a>(all: &'a [Own], own: &'a Own, found: &mut Vec<&'a Own>) {
    // Packages may need each other; the one that is on the way is in the list already.
    if found.iter().any(|other| other.dir == own.dir) {
        return;
    }
    found.push(own);
    let names = own.json["dependencies"].as_object().into_iter().flat_map(|names| names.keys());
    for other in names.filter_map(|name| all.iter().find(|other| other.name == *name)) {
        visit(all, other, found);
    }
    if let Some(at) = found.iter().position(|other| other.dir == own.dir) {
        let own = found.remove(at);
        found.push(own);
    }
}
