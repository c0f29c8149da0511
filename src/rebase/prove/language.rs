//! Which language a base has, by its files.

use crate::runtime::{self, Family};
use crate::survey::Tree;
use crate::survey::probes::release;

/// The framework of .NET that every other one needs.
const DOTNET: &str = "Microsoft.NETCore.App";

/// What a base has: the part that decides what fits, and the whole version, where a file says it.
#[derive(PartialEq, Eq)]
pub struct Language {
    /// `Python 3.12`.
    pub interface: String,
    /// `3.12.4`.
    pub whole: Option<String>,
}

/// Whether programs of a family need no interpreter.
pub fn is_compiled(family: Family) -> bool {
    matches!(family, Family::Go | Family::Custom)
}

/// The runtime of Lambda that has the language of a base, and its family. Of a language without an interpreter there is
/// nothing to see.
pub fn runtime(tree: &Tree<'_>) -> Option<(String, Family)> {
    let families = [Family::Python, Family::Nodejs, Family::Ruby, Family::Java, Family::Dotnet];
    families.into_iter().find_map(|family| {
        let interface = of(tree, family)?.interface;
        let version = interface.split(' ').nth(1)?;
        let two = version.split('.').take(2).collect::<Vec<_>>().join(".");
        let id = match family {
            Family::Python => format!("python{two}"),
            Family::Nodejs => format!("nodejs{version}.x"),
            Family::Ruby => format!("ruby{two}"),
            Family::Java => format!("java{version}"),
            _ => format!("dotnet{version}"),
        };
        // One of two runtimes of a language may have a longer name: `java17.al2023`.
        runtime::profile(&id).ok().map(|profile| (profile.id, family))
    })
}

/// The language of a family in a tree.
pub fn of(tree: &Tree<'_>, family: Family) -> Option<Language> {
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
            let version = frameworks(tree, DOTNET).into_iter().next_back()?;
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

/// The versions of a framework of .NET in a base.
pub fn frameworks(tree: &Tree<'_>, name: &str) -> Vec<String> {
    children(tree, &format!("var/lang/bin/shared/{name}"))
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
