//! Files of the old base that the image's own layers need: the program that starts, interpreters, targets of links.

use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::{Search, Trees, is_there};
use crate::survey::{Fact, Kind, Script};

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
        } else if let Some(program) = program_of_env(script) {
            let has = |tree: &_, search: &Search| {
                search.programs.iter().any(|dir| is_there(tree, &format!("{dir}/{program}")))
            };
            if has(&trees.old, &trees.old_search) && !has(&trees.new, &trees.new_search) {
                let message =
                    format!("its interpreter `{program}` is not in any directory of PATH of the new base");
                findings.refuse(format!("/{path}"), message);
            }
        }
    }
}

/// What `#!/usr/bin/env` starts, behind its options and variables (env(1): `env -S NAME=VALUE python3 -u`).
fn program_of_env(script: &Script) -> Option<&str> {
    let words = script.argument.as_deref().filter(|_| script.interpreter.ends_with("/env"))?;
    let words = words.strip_prefix("-S").or_else(|| words.strip_prefix("--split-string=")).unwrap_or(words);
    words.split_whitespace().find(|word| !word.starts_with('-') && !word.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_starts_what_is_behind_its_options() {
        let program = |line: &str| {
            Script::of_bytes(line.as_bytes()).and_then(|script| program_of_env(&script).map(str::to_owned))
        };
        for line in ["#!/usr/bin/env python3", "#!/usr/bin/env -S python3 -u", "#!/bin/env -SA=1 python3"] {
            assert_eq!(program(line).as_deref(), Some("python3"), "{line}");
        }
        assert_eq!(program("#!/usr/bin/python3 -u"), None);
        assert_eq!(program("#!/usr/bin/env"), None);
    }
}
