//! Lambda layers whose files are not where runtimes look for them.

use super::faults::together;
use crate::check::function::FunctionFile;
use crate::check::{Check, Evidence, Fault, Group, Level, Subject};
use crate::runtime::Family;

/// Packages below `/opt` outside of the runtime's paths (developer guide, "Packaging your layer content": layer paths
/// for each Lambda runtime).
pub const CHECK: Check = Check {
    id: "lambda-layer-path",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("lambda-layer-path"),
    run,
};

/// What a language looks for, where, and by which variables a function may have it look elsewhere.
struct Language {
    name: &'static str,
    /// Whether a path below `/opt` is that of something which should be elsewhere.
    is_lost: fn(&str) -> bool,
    variables: &'static [&'static str],
    fix: &'static str,
}

fn language(family: Family) -> Option<Language> {
    Some(match family {
        Family::Python => Language {
            name: "Python",
            is_lost: of_python,
            variables: &["PYTHONPATH"],
            fix: "put the packages below `python/` in the Lambda layer: `pip install --target layer/python`",
        },
        Family::Nodejs => Language {
            name: "Node.js",
            is_lost: |path| path.starts_with("node_modules/"),
            variables: &["NODE_PATH"],
            fix: "put `node_modules` below `nodejs/` in the Lambda layer",
        },
        Family::Java => Language {
            name: "Java",
            is_lost: of_java,
            variables: &["CLASSPATH", "JAVA_TOOL_OPTIONS"],
            fix: "put the jars into `java/lib/` in the Lambda layer",
        },
        Family::Ruby => Language {
            name: "Ruby",
            is_lost: of_ruby,
            variables: &["RUBYLIB", "GEM_PATH", "BUNDLE_PATH"],
            fix: "put gems below `ruby/gems/3.4.0/` (the version of the runtime's Ruby), and your own files into \
                  `ruby/lib/`",
        },
        _ => return None,
    })
}

/// A package or module at the top, or the `site-packages` of a virtual environment.
fn of_python(path: &str) -> bool {
    let mut parts = path.split('/');
    let (top, second) = (parts.next().unwrap_or_default(), parts.next());
    match (top, second) {
        ("python" | "bin" | "extensions", _) => false,
        ("lib" | "lib64", _) => path.contains("/site-packages/"),
        ("site-packages", Some(_)) => true,
        (name, None) => name.ends_with(".py"),
        (_, Some("__init__.py")) => true,
        (name, Some(_)) => name.ends_with(".dist-info") || name.ends_with(".egg-info"),
    }
}

/// A jar that is not in `java/lib`. Agents are found by their options, wherever they are.
fn of_java(path: &str) -> bool {
    let (dir, name) = crate::survey::split(path);
    name.ends_with(".jar") && matches!(dir, "" | "java" | "lib") && !name.contains("agent")
}

fn of_ruby(path: &str) -> bool {
    let version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let gems = ["gems/", "specifications/", "vendor/bundle/"].iter().any(|dir| path.starts_with(dir));
    gems || path.strip_prefix("ruby/").is_some_and(version) || (!path.contains('/') && path.ends_with(".rb"))
}

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let profile = subject.view.profile.as_ref().filter(|_| subject.has_aws_entrypoint());
    let Some(language) = profile.and_then(|profile| language(profile.family)) else { return Vec::new() };
    let elsewhere = |name: &&'static str| subject.env(name).is_some_and(|value| value.contains("/opt"));
    if language.variables.iter().any(elsewhere) {
        return Vec::new();
    }
    let function = subject.function();
    // The files of an extension are its own business.
    let plain = |name: &str| name.replace('-', "_");
    let extensions: Vec<_> = function
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("opt/extensions/"))
        .map(plain)
        .collect();
    let lost = |file: &&FunctionFile<'_>| {
        let Some(path) = file.path.strip_prefix("opt/") else { return false };
        let of_extension = extensions.contains(&plain(path.split('/').next().unwrap_or_default()));
        // A wrapper or hook is started by its path.
        let is_program = !path.contains('/') && file.content.entry.mode & 0o111 != 0;
        (language.is_lost)(path) && !of_extension && !is_program
    };
    let mut tops: Vec<FunctionFile<'_>> = Vec::new();
    for file in function.files.iter().filter(lost) {
        let top = |path: &str| path.split('/').nth(1).map(str::to_owned);
        if tops.last().is_none_or(|last| top(last.path) != top(file.path)) {
            tops.push(*file);
        }
    }
    let what = |subject: &str| match tops.len() {
        1 => format!("{} does not search it there", language.name),
        _ => format!("{} does not search {subject} in their directories", language.name),
    };
    together(&tops, what, language.fix).into_iter().collect()
}
