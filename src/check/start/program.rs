//! The programs that Lambda starts, and where they are.

use crate::check::Subject;
use crate::family::launcher;
use crate::survey::{Kind, LayerEntry, Resolved};

/// Where programs are looked for if the image does not say (runc, as Docker and the emulator use it).
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The bootstrap that AWS's entry script starts.
const BOOTSTRAP: &str = "/var/runtime/bootstrap";

/// Where extensions are; Lambda starts every file in it (developer guide, "Lambda extensions API").
const EXTENSIONS: &str = "opt/extensions";

/// What starts a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// The image configuration.
    Entrypoint,
    /// AWS's entry script.
    EntryScript,
    /// Lambda itself, from `/opt/extensions`.
    Extensions,
}

/// A program that is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What starts it.
    pub started_by: StartedBy,
    /// The word that names it.
    pub word: String,
    /// Where it is.
    pub location: ProgramLocation,
}

/// Where a program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramLocation {
    /// It may be in a layer that was not read.
    Unknown,
    /// Nowhere, with the reason: a clause.
    Missing(String),
    /// In a layer.
    Found {
        /// Its path without links, with a leading slash.
        path: String,
        /// The layer that it is in.
        layer: usize,
        /// Whether every user may execute it.
        executable: bool,
    },
}

impl StartedBy {
    /// What it is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entrypoint => "the entry point",
            Self::EntryScript => "the bootstrap",
            Self::Extensions => "the extension",
        }
    }
}

impl Program {
    /// Its entry, where it was found.
    pub fn entry<'a>(&self, subject: &Subject<'a>) -> Option<LayerEntry<'a>> {
        match &self.location {
            ProgramLocation::Found { path, .. } => subject.tree.get(path),
            ProgramLocation::Unknown | ProgramLocation::Missing(_) => None,
        }
    }
}

/// Every program that is started, as far as it is known; also what a launcher of this tool starts.
pub fn all(subject: &Subject<'_>) -> Vec<Program> {
    let mut programs = Vec::new();
    let (entrypoint, cmd) = (subject.words("Entrypoint"), subject.words("Cmd"));
    if let Some(word) = entrypoint.first().or(cmd.first()) {
        programs.push(program(subject, StartedBy::Entrypoint, word));
    }
    if subject.has_aws_entrypoint() {
        programs.push(program(subject, StartedBy::EntryScript, BOOTSTRAP));
    }
    let launched = programs.iter().find_map(|launcher| {
        let script = launcher.entry(subject)?.entry.text()?;
        Some((launcher.started_by, launcher::started(script)?))
    });
    if let Some((started_by, word)) = launched {
        programs.push(program(subject, started_by, word));
    }
    for (path, found) in subject.tree.below(EXTENSIONS) {
        let direct = path.strip_prefix("opt/extensions/").is_some_and(|name| !name.contains('/'));
        if direct && found.entry.kind != Kind::Dir {
            programs.push(program(subject, StartedBy::Extensions, &format!("/{path}")));
        }
    }
    programs
}

fn program(subject: &Subject<'_>, started_by: StartedBy, word: &str) -> Program {
    let location = match find(subject, word) {
        Ok(None) => ProgramLocation::Unknown,
        Err(why) => ProgramLocation::Missing(why),
        Ok(Some(LayerEntry { layer, entry })) => ProgramLocation::Found {
            path: format!("/{}", entry.name()),
            layer,
            executable: entry.mode & 0o001 != 0,
        },
    };
    Program { started_by, word: word.to_owned(), location }
}

/// Looks for a program as `execvp` does: by its path, or along PATH. `Ok(None)` where it may be in a layer
/// that was not read.
pub fn find<'a>(subject: &Subject<'a>, word: &str) -> Result<Option<LayerEntry<'a>>, String> {
    if word.contains('/') {
        return file(subject, word);
    }
    let path = subject.env("PATH").filter(|path| !path.is_empty()).unwrap_or(USUAL_PATH);
    for dir in path.split(':').filter(|dir| !dir.is_empty()) {
        if let Ok(Some(found)) = file(subject, &format!("{dir}/{word}")) {
            return Ok(Some(found));
        }
    }
    if subject.tree.is_complete() { Err(format!("no directory of PATH has it: `{path}`")) } else { Ok(None) }
}

/// The file that a path leads to, from the working directory, links followed.
pub fn file<'a>(subject: &Subject<'a>, path: &str) -> Result<Option<LayerEntry<'a>>, String> {
    let complete = subject.tree.is_complete();
    match subject.tree.resolve(subject.workdir(), path) {
        Resolved::At(found) if found.entry.kind == Kind::Dir => Err("it is a directory".to_owned()),
        Resolved::At(found) => Ok(subject.tree.content(found)),
        Resolved::Implied(_) => Err("it is a directory".to_owned()),
        // What is missing here may be in a base that was not read; what is in the way stays there.
        Resolved::Missing(_) if !complete => Ok(None),
        Resolved::NotADirectory(_) | Resolved::Loop if !subject.is_final => Ok(None),
        Resolved::Missing(name) | Resolved::NotADirectory(name) if format!("/{name}") == path => {
            Err("it is not in the image".to_owned())
        }
        Resolved::Missing(name) => Err(format!("`/{name}` is not in the image")),
        Resolved::NotADirectory(name) => Err(format!("`/{name}` is not a directory")),
        Resolved::Loop => Err("its symbolic links lead in circles".to_owned()),
    }
}
