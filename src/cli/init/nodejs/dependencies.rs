//! The step that installs what a package imports at run time.

use super::super::draft::Step;
use super::super::shell::word;
use super::super::source::Source;
use super::manager::{Manager, Member};

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
    // The copies; what is left of the directories of a workspace that had nothing installed.
    let remove = "find {out} -name node_modules -prune -o -type f -exec rm {{}} +\n\
                  rm -rf {out}/.yarn {out}/patches\n";
    let empty = if manifests.is_empty() { "" } else { "find {out} -type d -empty -delete\n" };
    Step {
        name: "dependencies",
        run: format!("{copied}{install}{}{remove}{empty}", Manager::KEPT),
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
    let mut script = format!("cp -R {} {{out}}/\n", words.join(" "));
    if !deep.is_empty() {
        let words: Vec<_> = deep.iter().map(|name| word(&source.path(name))).collect();
        script += &format!("mkdir {{out}}/.yarn\ncp -R {} {{out}}/.yarn/\n", words.join(" "));
    }
    script
}
