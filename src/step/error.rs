//! Why a step cannot be, or did not make its files.

use std::process::ExitStatus;

use super::audit::AuditError;
use super::command::CommandError;
use crate::input::InputError;

/// Why a step cannot be, or did not make its files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// Two steps have one name.
    #[error("two steps of the function are called `{step}`")]
    Twice {
        /// The name.
        step: String,
    },
    /// It has no command.
    #[error("step `{step}` has no command to run")]
    NoCommand {
        /// The step.
        step: String,
    },
    /// A placeholder that stands for nothing.
    #[error("step `{step}`: `{{{word}}}` in `{text}` {why}; there are {known}")]
    Placeholder {
        /// The step.
        step: String,
        /// Where it stands.
        text: String,
        /// The word.
        word: String,
        /// Why not.
        why: &'static str,
        /// All that there are.
        known: String,
    },
    /// A directory that no layer may have.
    #[error("step `{step}` cannot write to `{to}`: {why}")]
    To {
        /// The step.
        step: String,
        /// The directory.
        to: String,
        /// Why not.
        why: String,
    },
    /// An input that is not there.
    #[error("step `{step}` reads `{input}`, and nothing in `{dir}` matches it")]
    MissingInput {
        /// The step.
        step: String,
        /// What is declared.
        input: String,
        /// The directory of the settings.
        dir: String,
    },
    /// An input that cannot be read.
    #[error("step `{step}` has an input that cannot be used")]
    Input {
        /// The step.
        step: String,
        /// Why.
        source: InputError,
    },
    /// What it wrote cannot go into an image.
    #[error("step `{step}` wrote what cannot go into an image")]
    Output {
        /// The step.
        step: String,
        /// Why.
        source: InputError,
    },
    /// A command cannot be started.
    #[error("step `{step}` cannot run `{command}`")]
    Start {
        /// The step.
        step: String,
        /// The first line of the command.
        command: String,
        /// Why.
        source: CommandError,
    },
    /// A command failed.
    #[error("step `{step}` failed: `{command}` ended with {status}")]
    Failed {
        /// The step.
        step: String,
        /// The first line of the command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed.
        output: String,
    },
    /// What a step opens cannot be told.
    #[error("step `{step}` cannot be audited")]
    Audit {
        /// The step.
        step: String,
        /// Why.
        source: AuditError,
    },
}

impl StepError {
    /// A command of `step` cannot be started.
    pub fn starting(step: &str, command: &str, source: CommandError) -> Self {
        Self::Start { step: step.to_owned(), command: first_line(command), source }
    }

    /// A command of `step` ended so.
    pub fn failed(step: &str, command: &str, status: ExitStatus, output: String) -> Self {
        Self::Failed { step: step.to_owned(), command: first_line(command), status, output }
    }
}

/// The first line of a script, for messages.
fn first_line(script: &str) -> String {
    let mut lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} …") } else { first.to_owned() }
}
