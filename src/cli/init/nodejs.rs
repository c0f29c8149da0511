//! Node.js: package.json, or files alone.

use lambda_img::arch::Arch;
use lambda_img::runtime::{Family, RuntimeProfile};
use serde_json::Value;

use super::draft::{Draft, EXCLUDED, TemplateFunction};
use super::runtimes;
use super::shell::word;
use super::source::{Source, find};

const HANDLER: &str = r"(?m)(?:^|\W)exports\.(handler|lambdaHandler)\s*=|^export (?:const|async function|function) (handler|lambdaHandler)\W|^export \{[^}]*\b(handler|lambdaHandler)\b";
const ENDINGS: [&str; 3] = [".js", ".mjs", ".cjs"];

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let package: Value = serde_json::from_str(&source.text("package.json")).unwrap_or_default();
    let first = ["index", "app", "main", "handler"];
    let is_package = package.is_object();
    let compiled = source.has("tsconfig.json") && package["scripts"]["build"].is_string();
    let main = package["main"].as_str().map(|main| main.trim_start_matches("./").to_owned());
    let handler = match main {
        // It will be there when it is compiled.
        Some(main) if compiled => Some((main, "handler".to_owned())),
        main => main
            .and_then(|main| Some((main.clone(), source.first(&main, HANDLER)?)))
            .or_else(|| source.search("", usize::from(is_package), &ENDINGS, &first, HANDLER)),
    };
    let asked_for = told.runtime.as_deref().is_some_and(|id| id.starts_with("nodejs"));
    if !is_package && handler.is_none() && !asked_for {
        return Vec::new();
    }
    let mut notes = Vec::new();
    if handler.is_none() && told.handler.is_none() {
        notes.push("no `exports.handler` was found: name the file and the function in `handler`".to_owned());
    }
    if source.has("tsconfig.json") && !compiled {
        notes.push("TypeScript must be compiled: add what does it to `pre-build`".to_owned());
    }
    for other in
        ["yarn.lock", "pnpm-lock.yaml", "bun.lockb", "bun.lock"].into_iter().filter(|other| source.has(other))
    {
        notes.push(format!("npm does not read {other}: install with what wrote it into the same directory"));
    }
    let out = told.made.clone();
    let depends = package["dependencies"].as_object().is_some_and(|dependencies| !dependencies.is_empty());
    let mut prepare = String::new();
    if compiled {
        let here = word(&source.path(""));
        let install = if locked(source).is_some() { "ci" } else { "install" };
        prepare +=
            &format!("npm {install} --prefix {here} --no-audit --no-fund\nnpm run build --prefix {here}\n");
    }
    if depends {
        prepare += &install(source, told, &out, &mut notes);
    }
    let handler = handler.map(|(file, name)| {
        let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(&file);
        format!("{stem}.{name}")
    });
    vec![Draft {
        name: told.name.clone(),
        found: if is_package { source.path("package.json") } else { "JavaScript files".to_owned() },
        runtime: runtime(source, &package).id,
        adds: if depends { vec![format!("{out}/node_modules:/var/task/node_modules")] } else { vec![] },
        prepare: Some(prepare).filter(|prepare| !prepare.is_empty()),
        path: source.path(""),
        handler: handler.or_else(|| Some("index.handler".to_owned())),
        excludes: [&EXCLUDED[..], &["node_modules"]].concat(),
        notes,
        ..Draft::default()
    }]
}

fn locked<'a>(source: &Source<'_>) -> Option<&'a str> {
    ["package-lock.json", "npm-shrinkwrap.json"].into_iter().find(|name| source.has(name))
}

/// The script that installs what the code imports next to it, without what only its tests need.
fn install(source: &Source<'_>, told: &TemplateFunction, out: &str, notes: &mut Vec<String>) -> String {
    let cpu = if told.archs.first() == Some(&Arch::Arm64) { "arm64" } else { "x64" };
    let mut files = word(&source.path("package.json"));
    let install = match locked(source) {
        Some(lock) => {
            files += &format!(" {}", word(&source.path(lock)));
            "ci"
        }
        None => {
            notes.push(
                "without a package-lock.json each build may install other versions: commit one".to_owned(),
            );
            "install"
        }
    };
    let out = word(out);
    format!(
        "rm -rf {out}\nmkdir -p {out}\ncp {files} {out}/\n\
         npm {install} --prefix {out} --omit=dev --os=linux --cpu={cpu} --no-audit --no-fund\n"
    )
}

/// The runtime of `.nvmrc`, of `engines.node` where it names one version, else the newest.
fn runtime(source: &Source<'_>, package: &Value) -> RuntimeProfile {
    let engines = package["engines"]["node"].as_str().unwrap_or_default();
    let version = source.first(".nvmrc", r"^v?(\d+)").or_else(|| find(engines, r"^[\^~=v]*(\d+)"));
    runtimes::named(Family::Nodejs, version.map(|version| format!("nodejs{version}.x")))
}
