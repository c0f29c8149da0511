//! Paths of the machine that the function was built on.

use super::faults::{location, together};
use crate::check::function::FunctionFile;
use crate::check::wording::few;
use crate::check::{Check, Evidence, Fault, Group, Level, Subject};
use crate::survey::{Fact, Resolved, name};

/// A path of a developer's or build machine, which the image does not have.
pub const CHECK: Check = Check {
    id: "host-path",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("host-path"),
    run,
};

/// Where people and their builds live.
const HOSTS: [&str; 9] =
    ["/home/", "/Users/", "/root/", "/builds/", "/build/", "/private/", "/workspace/", "/github/", "/tmp/"];

/// Whether a path is of another machine: of people, and not in the image either.
fn is_foreign(subject: &Subject<'_>, path: &str) -> bool {
    let there = || matches!(subject.tree.resolve("", name(path)), Resolved::At(_) | Resolved::Implied(_));
    HOSTS.iter().any(|host| path.starts_with(host)) && !there()
}

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let function = subject.function();
    let mut scripts: Vec<FunctionFile<'_>> = Vec::new();
    let mut faults = Vec::new();
    for file in &function.files {
        for fact in &file.content.entry.facts {
            match fact {
                Fact::Script(script) if is_foreign(subject, &script.interpreter) => scripts.push(*file),
                // What others built has their paths, and finds its libraries all the same.
                Fact::Elf(elf) if !function.is_dependency(file.path) => {
                    let dirs = elf.rpath.iter().chain(&elf.runpath);
                    let foreign: Vec<_> = dirs.filter(|dir| is_foreign(subject, dir)).collect();
                    if !foreign.is_empty() {
                        let message = format!(
                            "it searches libraries in {}, which the image does not have",
                            few(&foreign)
                        );
                        let fix = "build it with `-Wl,-rpath,'$ORIGIN/lib'`, or change it with `patchelf \
                                   --set-rpath`";
                        faults.push(Fault::new(location(file), message, fix));
                    }
                }
                Fact::Text(text) if file.path.ends_with(".pth") => {
                    let lines = text.lines().map(str::trim).filter(|line| is_foreign(subject, line));
                    let foreign: Vec<_> = lines.collect();
                    if !foreign.is_empty() {
                        let message = format!(
                            "it makes Python search modules in {}, which the image does not have",
                            few(&foreign)
                        );
                        let fix = "install the package itself: `pip install` without `--editable`";
                        faults.push(Fault::new(location(file), message, fix));
                    }
                }
                _ => {}
            }
        }
    }
    let what = |subject: &str| match scripts.len() {
        1 => format!("{subject} is a script for an interpreter of another machine"),
        _ => format!("{subject} are scripts for interpreters of another machine"),
    };
    let fix = "remove them if nothing starts them (`rm -r bin` after `pip install --target`), or install them in \
               the base image";
    faults.extend(together(&scripts, what, fix));
    faults
}
