//! The step that installs what a package imports at run time.

use super::super::draft::Step;
use super::super::source::Source;
use super::manager::{Manager, Member};
use crate::cli::show::shell::word;

/// Installs the dependencies of a package, without what only its tests and tools need. `manifests` are the directories
/// of a workspace's packages, whose package.json its manager reads.
pub fn step(
    source: &Source<'_>,
    manager: Manager,
    manifests: &[String],
    member: Option<&Member<'_>>,
) -> Step {
    let files = manager.files(source);
    let mut inputs = vec![source.path("package.json")];
    inputs.extend(files.iter().map(|name| source.path(name)));
    let mut copied = copy(source, &files);
    for dir in manifests {
        let file = source.path(&format!("{dir}/package.json"));
        copied += &format!("mkdir -p {{out}}/{0}\ncp {1} {{out}}/{0}/\n", word(dir), word(&file));
        inputs.push(file);
    }
    let install = manager.install(manager.lock(source).is_some(), member);
    let kept: String = manager.keeps().iter().map(|name| format!(" {{out}}/node_modules/{name}")).collect();
    let remove = if manifests.is_empty() {
        let berry = if manager == Manager::YarnBerry { " {out}/.yarn {out}/.yarnrc.yml" } else { "" };
        let copies: String = files
            .iter()
            .filter(|name| !name.starts_with(".yarn"))
            .map(|name| format!(" {{out}}/{name}"))
            .collect();
        format!("rm -rf {{out}}/package.json{copies}{berry}{kept}\n")
    } else {
        // Also what is left of the directories of packages that had nothing installed.
        format!(
            "rm -rf {{out}}/.yarn{kept}\n\
             find {{out}} -name node_modules -prune -o -type f -exec rm {{{{}}}} +\n\
             find {{out}} -type d -empty -delete\n"
        )
    };
    Step {
        name: "dependencies",
        run: format!("{copied}{install}{remove}"),
        programs: vec![manager.name()],
        inputs,
        env: Manager::env(source),
        ..Step::default()
    }
}

/// Copies package.json and what the manager reads.
fn copy(source: &Source<'_>, files: &[&str]) -> String {
    let (deep, flat): (Vec<&str>, Vec<&str>) = files.iter().partition(|name| name.contains('/'));
    let names = std::iter::once("package.json").chain(flat);
    let words: Vec<_> = names.map(|name| word(&source.path(name))).collect();
    let recursive = if files.contains(&"patches") { "-R " } else { "" };
    let mut script = format!("cp {recursive}{} {{out}}/\n", words.join(" "));
    if !deep.is_empty() {
        let words: Vec<_> = deep.iter().map(|name| word(&source.path(name))).collect();
        script += &format!("mkdir {{out}}/.yarn\ncp -R {} {{out}}/.yarn/\n", words.join(" "));
    }
    script
}
