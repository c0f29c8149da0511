//! What an image starts.

use crate::check::{Subject, programs};

/// The command of an image as it will run, and the programs that are started with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// `Entrypoint` and `Cmd`, one behind the other (OCI image specification, "config").
    pub words: Vec<String>,
    /// The directory that it starts in.
    pub workdir: String,
    /// The program of the first word, the bootstrap that AWS's entry script starts, and extensions.
    pub programs: Vec<Program>,
}

/// A program that is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What it is, as `the entry point`.
    pub what: &'static str,
    /// The word that names it.
    pub word: String,
    /// Where it is.
    pub place: Place,
}

/// Where a program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
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
        /// Whether everybody may execute it.
        executable: bool,
    },
}

/// What the image starts.
pub fn start(subject: &Subject<'_>) -> Start {
    let words = [subject.words("Entrypoint"), subject.words("Cmd")].concat();
    let programs = programs(subject).into_iter().map(|program| {
        let place = match (program.at, program.why) {
            (Some(found), _) => Place::Found {
                path: format!("/{}", found.entry.name()),
                layer: found.layer,
                executable: found.entry.mode & 0o001 != 0,
            },
            (None, Some(why)) => Place::Missing(why),
            (None, None) => Place::Unknown,
        };
        Program { what: program.by.name(), word: program.word, place }
    });
    Start {
        programs: programs.collect(),
        words: words.into_iter().map(str::to_owned).collect(),
        workdir: subject.workdir().to_owned(),
    }
}
