//! Why a step cannot be used, or did not make its files.

use std::process::ExitStatus;

use super::audit_error::AuditError;
use super::command::CommandError;
use crate::input::InputError;

/// Why a step cannot be used, or did not make its files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// Each step of a function needs a name of its own.
    #[error("two steps of the function have the name `{step}`")]
    Twice {
        /// The name.
        step: String,
    },
    /// A step needs a command.
    #[error("step `{step}` has no command to run")]
    NoCommand {
        /// The step.
        step: String,
    },
    /// The command has an unknown placeholder.
    #[error("step `{step}`: `{{{word}}}` in `{text}` {why}; the placeholders are {known}")]
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
    /// A step cannot write to a directory of the base.
    #[error("step `{step}` cannot write to `{to}`: {why}")]
    To {
        /// The step.
        step: String,
        /// The directory.
        to: String,
        /// Why not.
        why: String,
    },
    /// A declared input of the step does not exist.
    #[error("step `{step}` has the input `{input}`, but no file in `{dir}` matches it")]
    MissingInput {
        /// The step.
        step: String,
        /// What is declared.
        input: String,
        /// The directory of the settings.
        dir: String,
    },
    /// An input of the step cannot be read.
    #[error("step `{step}` has an input that cannot be used")]
    Input {
        /// The step.
        step: String,
        /// Why.
        source: InputError,
    },
    /// A file that the step wrote cannot be in an image.
    #[error("step `{step}` wrote a file that cannot be in an image")]
    Output {
        /// The step.
        step: String,
        /// Why.
        source: InputError,
    },
    /// The command of the step cannot be started.
    #[error("step `{step}` cannot run `{command}`")]
    Start {
        /// The step.
        step: String,
        /// The first line of the command.
        command: String,
        /// Why.
        source: CommandError,
    },
    /// The command of the step ended with an error.
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
    /// It is not known which files the step opens.
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
