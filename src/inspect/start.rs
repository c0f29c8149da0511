//! What an image starts.

use crate::check::{Program, Subject, programs};

/// The command of an image as it will run, and the programs that are started with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// `Entrypoint` and `Cmd`, one after the other (OCI image specification, "config").
    pub words: Vec<String>,
    /// The directory that it starts in.
    pub workdir: String,
    /// The program of the first word, the bootstrap that AWS's entry script starts, and extensions.
    pub programs: Vec<Program>,
}

/// What the image starts.
pub fn start(subject: &Subject<'_>) -> Start {
    let words = [subject.words("Entrypoint"), subject.words("Cmd")].concat();
    Start {
        programs: programs(subject),
        words: words.into_iter().map(str::to_owned).collect(),
        workdir: subject.workdir().to_owned(),
    }
}
