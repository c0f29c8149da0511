//! Files of the old base that the image's own layers need: the program that starts, interpreters, targets of links.

use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::{Trees, is_there};
use crate::survey::{Fact, Kind};

pub fn prove(trees: &Trees<'_>, start: Option<&str>, found: &mut Vec<Finding>) {
    let mut findings = Findings::new(found, Obligation::Files);
    let is_gone = |path: &str| is_there(&trees.old, path) && !is_there(&trees.new, path);
    if let Some(start) = start.filter(|start| start.starts_with('/') && is_gone(start)) {
        findings.refuse(start, "the image starts it, and the new base does not have it");
    }
    for (path, _, elf) in trees.own_programs() {
        if let Some(interpreter) = elf.interpreter.as_deref().filter(|loader| is_gone(loader)) {
            findings.refuse(format!("/{path}"), format!("its loader `{interpreter}` is not in the new base"));
        }
    }
    for (path, own) in trees.upper.iter() {
        if own.entry.kind == Kind::Symlink && is_gone(path) {
            let target = own.entry.link.as_deref().unwrap_or_default();
            findings
                .refuse(format!("/{path}"), format!("it links to `{target}`, which is not in the new base"));
        }
        let script = own.entry.facts.iter().find_map(|fact| match fact {
            Fact::Script(script) => Some(script),
            _ => None,
        });
        let Some(script) = script else { continue };
        if is_gone(&script.interpreter) {
            let message = format!("its interpreter `{}` is not in the new base", script.interpreter);
            findings.refuse(format!("/{path}"), message);
        } else if let Some(program) =
            script.argument.as_deref().filter(|_| script.interpreter.ends_with("/env"))
        {
            let program = program.split_whitespace().next().unwrap_or_default();
            let has = |tree: &_| trees.path.iter().any(|dir| is_there(tree, &format!("{dir}/{program}")));
            if has(&trees.old) && !has(&trees.new) {
                let message =
                    format!("its interpreter `{program}` is not in any directory of PATH of the new base");
                findings.refuse(format!("/{path}"), message);
            }
        }
    }
}
