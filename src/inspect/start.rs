//! What an image starts.

use crate::check::Subject;
use crate::survey::{Kind, Resolved};

/// The command of an image as it will run, and what its first word resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// `Entrypoint` and `Cmd`, one behind the other (OCI image specification, "config").
    pub words: Vec<String>,
    /// What the first word is.
    pub program: Program,
}

/// What the first word of a command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// There is no word.
    Nothing,
    /// It may be in a layer that was not read.
    Unknown,
    /// It is not there.
    Missing,
    /// It is there.
    Found {
        /// Its path without links, with a leading slash.
        path: String,
        /// The layer that it is in.
        layer: usize,
        /// Whether it is a file that somebody may execute.
        executable: bool,
    },
}

/// Where programs are looked for when `PATH` is not set: what container engines take then (moby,
/// `oci/defaults.go` and runc agree).
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the image starts. A word with a slash is a path, below the working directory where it is relative;
/// one without is looked for in `PATH` (execvp(3)).
pub fn start(subject: &Subject<'_>) -> Start {
    let words: Vec<String> =
        [subject.words("Entrypoint"), subject.words("Cmd")].concat().into_iter().map(str::to_owned).collect();
    let program = match words.first().map(String::as_str) {
        None | Some("") => Program::Nothing,
        Some(word) if word.contains('/') => find(subject, word),
        Some(word) => {
            let path = subject.env("PATH").unwrap_or(PATH);
            let found = path.split(':').map(|dir| find(subject, &format!("{dir}/{word}")));
            let found = found.filter(|program| matches!(program, Program::Found { executable: true, .. }));
            let missing = if subject.tree.is_complete() { Program::Missing } else { Program::Unknown };
            found.into_iter().next().unwrap_or(missing)
        }
    };
    Start { words, program }
}

fn find(subject: &Subject<'_>, path: &str) -> Program {
    let Resolved::At(found) = subject.tree.resolve(subject.workdir(), path) else {
        return if subject.tree.is_complete() { Program::Missing } else { Program::Unknown };
    };
    let content = subject.tree.content(found).unwrap_or(found);
    let file = matches!(content.entry.kind, Kind::File | Kind::Sparse);
    Program::Found {
        path: format!("/{}", found.entry.name()),
        layer: found.layer,
        executable: file && content.entry.mode & 0o111 != 0,
    }
}
