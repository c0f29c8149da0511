//! The version of the language: what extensions and libraries of the image are made for.

use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::{Trees, elf};
use crate::runtime::Family;
use crate::survey::probes::{class_version, release};
use crate::survey::{Tree, split};

/// What a base has: the part that decides what fits, and the whole version, where a file says it.
#[derive(PartialEq, Eq)]
struct Language {
    interface: String,
    whole: Option<String>,
}

pub fn prove(trees: &Trees<'_>, family: Family, found: &mut Vec<Finding>) {
    let mut findings = Findings::new(found, Obligation::Interpreter);
    let (old, new) = (of(&trees.old_base, family), of(&trees.new_base, family));
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) => {
            return findings
                .refuse(old.interface, "the old base has it, and the new base does not say what it has");
        }
        _ => return,
    };
    if old.interface != new.interface {
        let user = user(trees, family)
            .map(|path| format!("; `/{path}` is made for the old one"))
            .unwrap_or_default();
        findings.refuse(
            new.interface.clone(),
            format!("the old base has {}, the new base {}{user}", old.interface, new.interface),
        );
    } else if let (Some(old), Some(new)) = (old.whole, new.whole)
        && old != new
    {
        findings.report(family_name(family), format!("{old} becomes {new}"));
    }
    if family == Family::Java {
        java(trees, &new.interface, &mut findings);
    }
    if family == Family::Dotnet {
        dotnet(trees, &mut findings);
    }
}

fn family_name(family: Family) -> &'static str {
    match family {
        Family::Nodejs => "Node.js",
        Family::Python => "Python",
        Family::Java => "Java",
        Family::Dotnet => ".NET",
        Family::Ruby => "Ruby",
        Family::Go => "Go",
        Family::Custom => "the runtime",
    }
}

fn of(tree: &Tree<'_>, family: Family) -> Option<Language> {
    match family {
        Family::Python => {
            let version = children(tree, "var/lang/lib").into_iter().find_map(|name| {
                name.strip_prefix("python3.")
                    .filter(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()))
                    .map(str::to_owned)
            })?;
            let header = format!("var/lang/include/python3.{version}/patchlevel.h");
            let whole = text(tree, &header).and_then(|text| behind(text, "PY_VERSION"));
            Some(Language { interface: format!("Python 3.{version}"), whole })
        }
        Family::Nodejs => {
            let text = text(tree, release::NODE_VERSION)?;
            let [major, minor, patch] = ["NODE_MAJOR_VERSION", "NODE_MINOR_VERSION", "NODE_PATCH_VERSION"]
                .map(|name| behind(text, name).unwrap_or_default());
            let modules = behind(text, "NODE_MODULE_VERSION").unwrap_or_default();
            let interface = format!("Node.js {major} with NODE_MODULE_VERSION {modules}");
            Some(Language { interface, whole: Some(format!("{major}.{minor}.{patch}")) })
        }
        Family::Ruby => {
            let is_version = |name: &String| {
                name.split('.').count() == 3 && name.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            };
            let version = children(tree, "var/lang/lib/ruby").into_iter().find(is_version)?;
            let whole = children(tree, "var/lang/lib").into_iter();
            let whole = whole
                .filter_map(|name| name.strip_prefix("libruby.so.").map(str::to_owned))
                .max_by_key(String::len);
            Some(Language { interface: format!("Ruby {version}"), whole })
        }
        Family::Java => {
            let version = behind(text(tree, release::JAVA_RELEASE)?, "JAVA_VERSION=")?;
            let mut parts = version.split('.');
            let major = match (parts.next()?, parts.next()) {
                ("1", Some(minor)) => minor.to_owned(),
                (major, _) => major.to_owned(),
            };
            Some(Language { interface: format!("Java {major}"), whole: Some(version) })
        }
        Family::Dotnet => {
            let version = frameworks(tree).into_iter().next_back()?;
            let major = version.split('.').next()?.to_owned();
            Some(Language { interface: format!(".NET {major}"), whole: Some(version) })
        }
        Family::Go | Family::Custom => None,
    }
}

/// Names directly in a directory, in byte order.
fn children(tree: &Tree<'_>, dir: &str) -> Vec<String> {
    let mut names: Vec<String> = tree
        .below(dir)
        .filter_map(|(path, _)| {
            path.strip_prefix(dir)?.strip_prefix('/')?.split('/').next().map(str::to_owned)
        })
        .collect();
    names.dedup();
    names
}

fn frameworks(tree: &Tree<'_>) -> Vec<String> {
    children(tree, "var/lang/bin/shared/Microsoft.NETCore.App")
}

fn text<'a>(tree: &Tree<'a>, path: &str) -> Option<&'a str> {
    tree.get(path)?.entry.text()
}

/// The word behind a name: `#define NAME 22`, `NAME="21.0.5"`.
fn behind(text: &str, name: &str) -> Option<String> {
    let rest = text.split_once(name)?.1.trim_start_matches([' ', '\t', '"']);
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !['.', '_', '-', '+'].contains(&c))
        .unwrap_or(rest.len());
    Some(rest[..end].to_owned()).filter(|word| !word.is_empty())
}

/// A file of the image that fits one version only.
fn user<'a>(trees: &Trees<'a>, family: Family) -> Option<&'a str> {
    let fits = |path: &str| match family {
        Family::Python => split(path).1.contains(".cpython-3"),
        Family::Nodejs => path.ends_with(".node"),
        Family::Ruby => path.contains("/ruby/") && path.ends_with(".so"),
        _ => false,
    };
    trees.upper.iter().find(|(path, found)| fits(path) && elf(found.entry).is_some()).map(|(path, _)| path)
}

/// Classes for a newer Java than the new base has (JVM Specification, table 4.1-A: 65 is Java 21).
fn java(trees: &Trees<'_>, interface: &str, findings: &mut Findings<'_>) {
    let Some(major) = interface.rsplit(' ').next().and_then(|major| major.parse::<u16>().ok()) else {
        return;
    };
    for (path, found) in trees.upper.iter() {
        let newer = class_version::of(found.entry).filter(|version| version.saturating_sub(44) > major);
        if let Some(version) = newer {
            let message = format!("its classes are for Java {}, the new base has Java {major}", version - 44);
            findings.refuse(format!("/{path}"), message);
        }
    }
}

/// Frameworks that a function asks for, and the new base does not have in the same major version.
fn dotnet(trees: &Trees<'_>, findings: &mut Findings<'_>) {
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    for (path, found) in trees.upper.iter().filter(|(path, _)| path.ends_with(".runtimeconfig.json")) {
        let Some(config) =
            found.entry.text().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
        else {
            continue;
        };
        let options = &config["runtimeOptions"];
        let listed = options["frameworks"].as_array().cloned().unwrap_or_default();
        for framework in listed.iter().chain([&options["framework"]]) {
            let Some(wanted) = framework["version"].as_str() else { continue };
            let has = |tree: &Tree<'_>| frameworks(tree).iter().any(|one| major(one) == major(wanted));
            if has(&trees.old_base) && !has(&trees.new_base) {
                findings.refuse(
                    format!("/{path}"),
                    format!("it needs .NET {wanted}, which the new base does not have"),
                );
            }
        }
    }
}
