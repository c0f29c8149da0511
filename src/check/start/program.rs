//! The programs that Lambda starts, and where they are.

use crate::check::Subject;
use crate::family::launcher;
use crate::survey::{Found, Kind, Resolved};

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
pub struct Program<'a> {
    /// What starts it.
    pub by: StartedBy,
    /// The word that names it.
    pub word: String,
    /// Where it leads.
    pub at: Option<Found<'a>>,
    /// Why it leads nowhere: a clause. `None` also where that is not known.
    pub why: Option<String>,
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

/// Every program that is started, as far as it is known; also what a launcher of this tool starts.
pub fn all<'a>(subject: &Subject<'a>) -> Vec<Program<'a>> {
    let mut programs = Vec::new();
    let (entrypoint, cmd) = (subject.words("Entrypoint"), subject.words("Cmd"));
    if let Some(word) = entrypoint.first().or(cmd.first()) {
        programs.push(program(subject, StartedBy::Entrypoint, word));
    }
    if subject.has_aws_entrypoint() {
        programs.push(program(subject, StartedBy::EntryScript, BOOTSTRAP));
    }
    let text = |program: &Program<'a>| program.at.and_then(|at| at.entry.text());
    let behind = programs.iter().find_map(|program| Some((program.by, launcher::started(text(program)?)?)));
    if let Some((by, word)) = behind {
        programs.push(program(subject, by, word));
    }
    for (path, found) in subject.tree.below(EXTENSIONS) {
        let direct = path.strip_prefix("opt/extensions/").is_some_and(|name| !name.contains('/'));
        if direct && found.entry.kind != Kind::Dir {
            programs.push(program(subject, StartedBy::Extensions, &format!("/{path}")));
        }
    }
    programs
}

fn program<'a>(subject: &Subject<'a>, by: StartedBy, word: &str) -> Program<'a> {
    let (at, why) = match find(subject, word) {
        Ok(found) => (found, None),
        Err(why) => (None, Some(why)),
    };
    Program { by, word: word.to_owned(), at, why }
}

/// Looks for a program as `execvp` does: by its path, or along PATH. `Ok(None)` where it may be in a layer
/// that was not read.
pub fn find<'a>(subject: &Subject<'a>, word: &str) -> Result<Option<Found<'a>>, String> {
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
pub fn file<'a>(subject: &Subject<'a>, path: &str) -> Result<Option<Found<'a>>, String> {
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
