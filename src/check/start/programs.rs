//! Checks: a program that the image starts is missing, not executable, or not in a format of the kernel.

use serde_json::Value;

use super::program::{self, Program, ProgramLocation, StartedBy};
use crate::arch::Arch;
use crate::check::function::elf;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Elf, Fact, Kind, LayerEntry, Script};

/// R7: the program that the image starts does not exist.
pub const MISSING: Check = Check {
    id: "start-missing",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Runtime.InvalidEntrypoint"),
    page: page!("start-missing"),
    run: missing,
};

/// R7: not every user may execute the program that the image starts. Lambda's user owns no file.
pub const NOT_EXECUTABLE: Check = Check {
    id: "start-not-executable",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Runtime.InvalidEntrypoint"),
    page: page!("start-not-executable"),
    run: not_executable,
};

/// R6, R7: the kernel cannot execute it: another architecture, no loader, no interpreter, CR LF.
pub const FORMAT: Check = Check {
    id: "start-format",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Runtime.InvalidEntrypoint"),
    page: page!("start-format"),
    run: format,
};

/// How many scripts may be each other's interpreters (Linux: `BINPRM` recursion).
const NESTED: usize = 4;

fn missing(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    // What is malformed is told as that.
    let read =
        subject.view.config.value.is_object() && matches!(subject.settings(), Value::Object(_) | Value::Null);
    if read && subject.words("Entrypoint").is_empty() && subject.words("Cmd").is_empty() {
        let message = "the image names no program to start: neither ENTRYPOINT nor CMD";
        faults.push(Fault::new(Location::Config("config.Entrypoint".into()), message, "set ENTRYPOINT"));
    }
    for Program { started_by, word, location } in program::all(subject) {
        let ProgramLocation::Missing(why) = location else { continue };
        let in_task =
            ["var/task/bootstrap", "opt/bootstrap"].iter().find(|path| subject.tree.get(path).is_some());
        let fault = match (started_by, in_task) {
            (StartedBy::EntryScript, Some(other)) => Fault::new(
                Location::Path(top(subject), "var/runtime/bootstrap".to_owned()),
                format!(
                    "AWS's entry script starts `{word}` alone: {why}; `/{other}` counts in zip archives only"
                ),
                "put the bootstrap at `/var/runtime/bootstrap`",
            ),
            (StartedBy::EntryScript, None) => Fault::new(
                Location::Path(top(subject), "var/runtime/bootstrap".to_owned()),
                format!("AWS's entry script starts `{word}`: {why}"),
                "put an executable `bootstrap` into `/var/runtime`, or set ENTRYPOINT",
            ),
            (StartedBy::Entrypoint, _) => Fault::new(
                Location::Config("config.Entrypoint".into()),
                format!("the entry point `{word}` cannot be started: {why}"),
                "set ENTRYPOINT to the absolute path of a program of the image",
            ),
            (StartedBy::Extensions, _) => Fault::new(
                Location::Path(top(subject), word.trim_start_matches('/').to_owned()),
                format!("Lambda starts every file in `/opt/extensions`: {why}"),
                "mend the link, or remove it",
            ),
        };
        faults.push(fault);
    }
    faults
}

fn top(subject: &Subject<'_>) -> usize {
    subject.view.layers.len().saturating_sub(1)
}

fn not_executable(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for program in program::all(subject) {
        let Some(at) = program.entry(subject) else { continue };
        if at.entry.mode & 0o001 != 0 {
            continue;
        }
        let who = if at.entry.mode & 0o111 == 0 { "nobody" } else { "not everybody" };
        let name = program.started_by.name();
        let message = format!("{name} has mode {:04o}: {who} may execute it", at.entry.mode);
        let fix = "give it mode 0755: `chmod 755`, in git `update-index --chmod=+x`";
        faults.push(Fault::new(location(at), message, fix));
    }
    faults
}

fn location(at: LayerEntry<'_>) -> Location {
    Location::Path(at.layer, at.entry.name().to_owned())
}

fn format(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for program in program::all(subject) {
        let Some(at) = program.entry(subject) else { continue };
        let started_by = program.started_by;
        if let Some((message, fix)) = refused(subject, at, started_by, 0) {
            faults.push(Fault::new(location(at), format!("{}: {message}", started_by.name()), fix));
        }
    }
    faults
}

/// Why the kernel would not execute a file, and what to do; `None` where it would, or where that is not known.
fn refused(
    subject: &Subject<'_>,
    at: LayerEntry<'_>,
    by: StartedBy,
    depth: usize,
) -> Option<(String, String)> {
    let script = at.entry.facts.iter().find_map(|fact| match fact {
        Fact::Script(script) => Some(script),
        _ => None,
    });
    if let Some(elf) = elf(at) {
        return elf_refused(subject, elf);
    }
    if let Some(script) = script {
        return script_refused(subject, script, by, depth);
    }
    // What no one may execute was not looked into. The entry script leaves files without `#!` to its shell.
    let unknown = at.entry.mode & 0o111 == 0 || at.entry.kind != Kind::File || by == StartedBy::EntryScript;
    (!unknown).then(|| {
        let message =
            "it is neither a program nor a script with `#!`: the kernel does not execute it".to_owned();
        (message, "begin a script with a line such as `#!/bin/sh`; build a program for Linux".to_owned())
    })
}

fn elf_refused(subject: &Subject<'_>, elf: &Elf) -> Option<(String, String)> {
    if !elf.is_loaded() {
        let message = "it is an object file or a core, no program".to_owned();
        return Some((message, "link it".to_owned()));
    }
    if let Some(arch) = subject.arch()
        && (elf.machine != arch.elf_machine() || elf.bits != 64)
    {
        let message = format!("it is built for {}, the image for {arch}: exec format error", machine(elf));
        return Some((message, format!("build it for {arch}")));
    }
    let loader = elf.interpreter.as_deref()?;
    let why = program::file(subject, loader).err()?;
    let fix = if loader.contains("musl") {
        "build it for glibc, or link it statically"
    } else {
        "link it statically, or take a base that has the C library"
    };
    Some((format!("it needs the loader `{loader}`, and {why}"), fix.to_owned()))
}

fn script_refused(
    subject: &Subject<'_>,
    script: &Script,
    by: StartedBy,
    depth: usize,
) -> Option<(String, String)> {
    let name = script.interpreter.as_str();
    if script.carriage {
        let message = "its first line ends in CR LF: the kernel takes the CR for a letter of the interpreter's name or of its argument";
        return Some((
            message.to_owned(),
            "save it with LF alone: `dos2unix`, in git `* text eol=lf`".to_owned(),
        ));
    }
    if name.is_empty() || script.cut {
        let message = if script.cut {
            "its first line is longer than the kernel reads"
        } else {
            "its first line names no interpreter"
        };
        return Some((message.to_owned(), "begin it with a line such as `#!/bin/sh`".to_owned()));
    }
    let missing = |name: &str, why: String| {
        (
            format!("its interpreter is `{name}`, and {why}"),
            "name an interpreter that the image has".to_owned(),
        )
    };
    let at = match program::file(subject, name) {
        Err(why) => return Some(missing(name, why)),
        Ok(at) => at?,
    };
    if at.entry.name().ends_with("/env") {
        let words = script.argument.as_deref().unwrap_or_default().split_whitespace();
        let mut words = words.skip_while(|word| word.starts_with('-') || word.contains('='));
        let wanted = words.next()?;
        return program::find(subject, wanted).err().map(|why| missing(wanted, why));
    }
    if depth >= NESTED {
        return Some(("its interpreters are scripts of each other".to_owned(), "name a program".to_owned()));
    }
    // A kernel does not leave an interpreter to a shell.
    let by = if by == StartedBy::EntryScript { StartedBy::Entrypoint } else { by };
    refused(subject, at, by, depth + 1)
        .map(|(message, fix)| (format!("its interpreter `{name}`: {message}"), fix))
}

/// What an ELF file is built for.
pub fn machine(elf: &Elf) -> String {
    let known = Arch::ALL.into_iter().find(|arch| arch.elf_machine() == elf.machine);
    match (known, elf.machine, elf.bits) {
        (Some(arch), _, 64) => arch.to_string(),
        (_, 3, _) => "32-bit x86".to_owned(),
        (_, 40, _) => "32-bit Arm".to_owned(),
        (_, machine, bits) => format!("ELF machine {machine} of {bits} bits"),
    }
}
