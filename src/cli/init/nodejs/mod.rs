//! Node.js: a package or a workspace of packages, installed by npm, pnpm or yarn, compiled by tsc or esbuild; or files
//! alone.

mod compiled;
mod dependencies;
mod handlers;
mod manager;
mod tsconfig;
mod workspaces;

use lambda_img::runtime::{Family, RuntimeProfile};
use serde_json::Value;

use super::draft::{Draft, Step, TemplateFunction, name_of};
use super::excludes;
use super::machine;
use super::runtimes;
use super::source::{Source, below, find, slashed};
use crate::cli::show::shell::word;
use compiled::Package;
use manager::{Manager, Member};
use workspaces::Own;

/// What developers keep next to the code.
const UNNEEDED: [&str; 13] = [
    "**/node_modules",
    "**/__tests__",
    "**/*.test.*",
    "**/*.spec.*",
    "**/*.ts",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
    "tsconfig.json",
    "eslint.config*",
    "jest.config*",
];

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let package: Value = serde_json::from_str(&source.text("package.json")).unwrap_or_default();
    let members = workspaces::packages(source, &package);
    if !members.is_empty() {
        let found = of_workspace(source, told, &package, &members);
        if !found.is_empty() {
            return found;
        }
    }
    of_package(source, told, &package).into_iter().collect()
}

/// A package by itself, or files alone.
fn of_package(source: &Source<'_>, told: &TemplateFunction, package: &Value) -> Option<Draft> {
    let is_package = package.is_object();
    let runtime = told_or_wanted(source, told, package);
    let manager = Manager::of(source, package);
    let mut inputs = vec![source.path("package.json")];
    inputs.extend(manager.lock(source).map(|lock| source.path(lock)));
    let tools = manager.install_tools(source);
    let made = Package { source, json: package, manager, tools, inputs };
    let compiled =
        is_package.then(|| made.compiled(&runtime, told.bundle.as_ref(), told.handler.as_deref())).flatten();
    let handler = match &compiled {
        Some(compiled) => compiled.handler.clone(),
        None => {
            handlers::in_scripts(source, package, usize::from(is_package)).map(|handler| handler.of_file())
        }
    };
    // What a framework made, and is the function.
    let output = [".output/server", ".open-next/server-functions/default"].into_iter().find(|dir| {
        handler.is_none()
            && (source.has(&format!("{dir}/index.mjs")) || source.has(&format!("{dir}/index.js")))
    });
    let asked_for = told.runtime.as_deref().is_some_and(|id| id.starts_with("nodejs"));
    if !is_package && handler.is_none() && !asked_for {
        return None;
    }
    let mut draft = Draft {
        name: told.name.clone(),
        found: if is_package { source.path("package.json") } else { "JavaScript files".to_owned() },
        runtime: runtime.id,
        ..Draft::default()
    };
    if handler.is_none() && told.handler.is_none() && output.is_none() {
        draft
            .notes
            .push("no `exports.handler` was found: name the file and the function in `handler`".to_owned());
    }
    if let Some(dir) = output {
        draft.notes.push(format!("`{dir}` is built as it is: make it before, or in a step"));
    }
    let bundled = compiled.as_ref().is_some_and(|compiled| !compiled.imports);
    let depends = package["dependencies"].as_object().is_some_and(|dependencies| !dependencies.is_empty());
    if depends && !bundled && output.is_none() {
        locked(source, manager, &mut draft.notes);
        draft.steps.push(dependencies::step(source, manager, &[], None));
    }
    draft.handler = handler.clone().or_else(|| Some("index.handler".to_owned()));
    match compiled {
        Some(compiled) => {
            draft.steps.push(compiled.step);
            draft.leaves.extend(compiled.leaves.map(|dir| source.path(&dir)));
            draft.leaves.push(source.path("node_modules"));
        }
        None => {
            draft.path = source.path(output.unwrap_or_default());
            let handler = told.handler.as_deref().or(draft.handler.as_deref());
            draft.excludes = excludes::of(source, &draft.path, handler, &UNNEEDED);
        }
    }
    draft.leaves.dedup();
    Some(draft)
}

/// The functions of a workspace: its packages that have a handler.
fn of_workspace(
    source: &Source<'_>,
    told: &TemplateFunction,
    package: &Value,
    members: &[Own],
) -> Vec<Draft> {
    let manager = Manager::of(source, package);
    members.iter().filter_map(|own| of_member(source, told, manager, members, own)).collect()
}

fn of_member(
    source: &Source<'_>,
    told: &TemplateFunction,
    manager: Manager,
    all: &[Own],
    own: &Own,
) -> Option<Draft> {
    let at = slashed(&below(source.dir, &own.dir));
    let inner = Source { root: source.root, dir: &at };
    let runtime = told_or_wanted(&inner, told, &own.json);
    let needed = workspaces::needed(all, own);
    let mut inputs = vec![source.path("package.json")];
    inputs.extend(manager.files(source).iter().map(|name| source.path(name)));
    inputs.extend(needed.iter().map(|other| source.path(&other.dir)));
    let script = |other: &Own| other.json["scripts"]["build"].is_string();
    // Installs what compiles, and compiles these packages, in this order.
    let compiles = |packages: &dyn Fn(&Own) -> bool| {
        let builds = needed.iter().filter(|other| script(other) && packages(other)).map(|other| {
            let dir = slashed(&below(source.dir, &other.dir));
            manager.run_script(&Source { root: source.root, dir: &dir }, "build")
        });
        std::iter::once(manager.install_tools(source)).chain(builds).collect::<String>()
    };
    // Packages that this one imports are compiled before it.
    let tools = compiles(&|other| other.dir != own.dir);
    let made = Package { source: &inner, json: &own.json, manager, tools, inputs: inputs.clone() };
    let compiled = script(own).then(|| made.compiled(&runtime, None, None)).flatten();
    let handler = match &compiled {
        Some(compiled) => compiled.handler.clone()?,
        None => handlers::in_scripts(&inner, &own.json, 1)?.of_file(),
    };
    let mut draft = Draft {
        name: name_of(&own.name),
        found: inner.path("package.json"),
        runtime: runtime.id,
        ..Draft::default()
    };
    if let Some(compiled) = compiled.as_ref().filter(|compiled| !compiled.imports) {
        draft.handler = Some(handler);
        draft.leaves.push(source.path("node_modules"));
        draft.leaves.extend(compiled.leaves.iter().map(|dir| inner.path(dir)));
        let step = Step { inputs: [&inputs[..], &compiled.step.inputs].concat(), ..compiled.step.clone() };
        draft.steps.push(step);
        return Some(draft);
    }
    locked(source, manager, &mut draft.notes);
    let manifests: Vec<String> = all.iter().map(|other| other.dir.clone()).collect();
    let member = Member { dir: &own.dir, name: &own.name };
    draft.steps.push(dependencies::step(source, manager, &manifests, Some(&member)));
    draft.handler = Some(format!("{}/{handler}", own.dir));
    if let Some(compiled) = compiled {
        draft.leaves.push(source.path("node_modules"));
        draft.leaves.extend(compiled.leaves.iter().map(|dir| inner.path(dir)));
        let copies = needed.iter().map(|other| {
            let (from, to) = (word(&source.path(&other.dir)), word(&other.dir));
            format!("mkdir -p {{out}}/{to}\n(cd {from} && tar -cf - --exclude node_modules --exclude src .) | tar -xf - -C {{out}}/{to}\n")
        });
        draft.steps.push(Step {
            name: "code",
            programs: vec![manager.name()],
            run: compiles(&|_| true) + &copies.collect::<String>(),
            inputs,
            env: Manager::env(source),
            ..Step::default()
        });
    } else {
        draft.path = source.path("");
        draft.excludes = vec!["*".to_owned()];
        draft.excludes.extend(needed.iter().map(|other| format!("!{}", other.dir)));
        draft.excludes.extend(
            [
                "**/node_modules",
                "**/README*",
                "**/tests",
                "**/test",
                "**/__tests__",
                "**/*.test.*",
                "**/*.spec.*",
            ]
            .map(str::to_owned),
        );
    }
    Some(draft)
}

fn locked(source: &Source<'_>, manager: Manager, notes: &mut Vec<String>) {
    if manager.lock(source).is_none() {
        notes.push(format!(
            "without a lock file {} may install other versions next time: commit one",
            manager.name()
        ));
    }
}

fn told_or_wanted(source: &Source<'_>, told: &TemplateFunction, package: &Value) -> RuntimeProfile {
    let told = told.runtime.clone().filter(|id| id.starts_with("nodejs"));
    told.map_or_else(|| runtime(source, package), |id| runtimes::named(Family::Nodejs, Some(id)))
}

/// The runtime of `.nvmrc`, of `engines.node` where it names one version; else this machine's where the project allows
/// it, else the newest.
fn runtime(source: &Source<'_>, package: &Value) -> RuntimeProfile {
    let engines = package["engines"]["node"].as_str().unwrap_or_default();
    let pinned = [".nvmrc", ".node-version"].into_iter().find_map(|file| source.first(file, r"^\s*v?(\d+)"));
    let pinned = pinned.or_else(|| find(engines, r"^[\^~=v]*(\d+)(?:\.[\dx*.]+)?$"));
    if pinned.is_some() {
        return runtimes::named(Family::Nodejs, pinned.map(|version| format!("nodejs{version}.x")));
    }
    let least: u32 =
        find(engines, r">=?\s*v?(\d+)").and_then(|version| version.parse().ok()).unwrap_or_default();
    let below: u32 =
        find(engines, r"<\s*v?(\d+)").and_then(|version| version.parse().ok()).unwrap_or(u32::MAX);
    let allowed = |profile: &RuntimeProfile| (least..below).contains(&runtimes::number(profile));
    let here =
        machine::version("node", &["--version"], r"^v(\d+)").map(|version| format!("nodejs{version}.x"));
    let local = runtimes::current(Family::Nodejs)
        .into_iter()
        .find(|profile| Some(&profile.id) == here.as_ref() && allowed(profile));
    local.unwrap_or_else(|| runtimes::newest_where(Family::Nodejs, allowed))
}
