//! What has to hold for an image to work on another base, and what was found.

use std::fmt;

/// One obligation. Each is decided from the files and symbols of both bases and of the layers above them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obligation {
    /// The new base is one for the same runtime, architecture and release of the operating system.
    Identity,
    /// What the image changes in its configuration, the new base does not change otherwise.
    Configuration,
    /// Paths of the upper layers are of the same kind in both bases.
    Paths,
    /// The function's own files replace the same files of the base.
    Shadowing,
    /// Programs, interpreters and targets of links that upper layers need are still there.
    Files,
    /// Libraries that upper layers need are still there.
    Libraries,
    /// Libraries still define the symbols that upper layers need.
    Symbols,
    /// Libraries of the base still define all symbols that they did.
    Exports,
    /// The language is of the same version.
    Interpreter,
    /// Bytecode of upper layers fits the interpreter.
    Bytecode,
    /// What speaks to Lambda for the function.
    RuntimeClient,
    /// Checks accept the new image.
    Checks,
    /// The new image answers as the old one does.
    Answers,
}

impl Obligation {
    /// Its name: `file-removed` and the like.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "base-identity",
            Self::Configuration => "config-conflict",
            Self::Paths => "path-kind",
            Self::Shadowing => "path-shadowed",
            Self::Files => "file-removed",
            Self::Libraries => "library-removed",
            Self::Symbols => "symbol-removed",
            Self::Exports => "exports-shrunk",
            Self::Interpreter => "interpreter-changed",
            Self::Bytecode => "bytecode-magic",
            Self::RuntimeClient => "runtime-client",
            Self::Checks => "checks",
            Self::Answers => "answers",
        }
    }

    /// All of them, in the order in which they are proved.
    pub const ALL: [Self; 13] = [
        Self::Identity,
        Self::Configuration,
        Self::Paths,
        Self::Shadowing,
        Self::Files,
        Self::Libraries,
        Self::Symbols,
        Self::Exports,
        Self::Interpreter,
        Self::Bytecode,
        Self::RuntimeClient,
        Self::Checks,
        Self::Answers,
    ];
}

/// What a finding means, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// For the reviewer to know.
    Report,
    /// It may matter, and cannot be decided.
    Warn,
    /// The function would break, or may: the image is not published.
    Refuse,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Report => "report",
            Verdict::Warn => "warn",
            Verdict::Refuse => "refuse",
        })
    }
}

/// What was found of one obligation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of which.
    pub obligation: Obligation,
    /// What it means.
    pub verdict: Verdict,
    /// What is concerned: a path, a key of the configuration.
    pub subject: String,
    /// A sentence about it.
    pub message: String,
}

/// Collects findings of one obligation.
pub(super) struct Findings<'a> {
    all: &'a mut Vec<Finding>,
    obligation: Obligation,
}

impl<'a> Findings<'a> {
    pub fn new(all: &'a mut Vec<Finding>, obligation: Obligation) -> Self {
        Self { all, obligation }
    }

    pub fn add(&mut self, verdict: Verdict, subject: impl Into<String>, message: impl Into<String>) {
        let (subject, message) = (subject.into(), message.into());
        let finding = Finding { obligation: self.obligation, verdict, subject, message };
        if !self.all.contains(&finding) {
            self.all.push(finding);
        }
    }

    pub fn refuse(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.add(Verdict::Refuse, subject, message);
    }

    pub fn warn(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.add(Verdict::Warn, subject, message);
    }

    pub fn report(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.add(Verdict::Report, subject, message);
    }
}
