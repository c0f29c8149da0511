//! The version of the language: what extensions and libraries of the image are made for.

use serde_json::Value;

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

/// Frameworks that a function asks for, and the new base does not have in a version that .NET takes for it.
fn dotnet(trees: &Trees<'_>, findings: &mut Findings<'_>) {
    for (path, found) in trees.upper.iter().filter(|(path, _)| path.ends_with(".runtimeconfig.json")) {
        let Some(config) = found.entry.text().and_then(|text| serde_json::from_str::<Value>(text).ok())
        else {
            continue;
        };
        let options = &config["runtimeOptions"];
        let listed = options["frameworks"].as_array().cloned().unwrap_or_default();
        for framework in listed.iter().chain([&options["framework"]]) {
            let (Some(name), Some(wanted)) = (framework["name"].as_str(), framework["version"].as_str())
            else {
                continue;
            };
            let policy = framework["rollForward"].as_str().or(options["rollForward"].as_str());
            let has = |tree: &Tree<'_>| {
                frameworks(tree, name).iter().any(|one| takes(one, wanted, policy.unwrap_or_default()))
            };
            if has(&trees.old_base) && !has(&trees.new_base) {
                findings.refuse(
                    format!("/{path}"),
                    format!("it needs {name} {wanted}, for which the new base has no version"),
                );
            }
        }
    }
}

/// Whether .NET takes a version for the one that is wanted: of the same major version, and not an older one. Some
/// policies take another major version too (.NET documentation, "Select the .NET version to use", "Control roll-forward
/// behavior").
fn takes(version: &str, wanted: &str, policy: &str) -> bool {
    let numbers =
        |text: &str| -> Vec<u32> { text.split(['.', '-']).map_while(|part| part.parse().ok()).collect() };
    let (version, wanted) = (numbers(version), numbers(wanted));
    let is_same = version.first() == wanted.first();
    version >= wanted && (is_same || policy.ends_with("Major"))
}

#[cfg(test)]
mod tests {
    use super::takes;

    #[test]
    fn dotnet_takes_a_newer_version_of_the_same_major_one() {
        assert!(takes("8.0.10", "8.0.9", "") && takes("8.1.0", "8.0.9", "Minor"));
        assert!(!takes("8.0.9", "8.0.10", "") && !takes("10.0.1", "8.0.0", ""));
        assert!(takes("10.0.1", "8.0.0", "LatestMajor") && !takes("8.0.1", "10.0.0", "Major"));
        assert!(takes("9.0.0-rc.1", "9.0.0", ""));
    }
}
