//! The version of the language: what extensions and libraries of the image are made for.

use super::language::{frameworks, is_compiled, of};
use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::{Trees, elf};
use crate::runtime::Family;
use crate::survey::probes::class_version;
use crate::survey::{Tree, split};

pub fn prove(trees: &Trees<'_>, family: Family, found: &mut Vec<Finding>) {
    let mut findings = Findings::new(found, Obligation::Interpreter);
    let (old, new) = (of(&trees.old_base, family), of(&trees.new_base, family));
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) => {
            return findings
                .refuse(old.interface, "the old base has it, and the new base does not say what it has");
        }
        (None, _) if is_compiled(family) => return,
        (None, _) => {
            let message = "the old base does not say its version, which cannot be compared";
            return findings.warn(family_name(family), message);
        }
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
