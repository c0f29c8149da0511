//! Prints a [`CliError`] to stderr: `error:` with its sentence, `caused by:` for each cause, `hint:` with what to do.
//! The sentences are those of the types; the hints are in `hints`.

use std::error::Error;

use lambda_img::build::BuildError;
use lambda_img::redact;

use super::error::CliError;
use super::{findings, hints, ui};

/// On one line: what others wrote must not steer the terminal, wherever it comes into a message, nor look like a line
/// of ours; passwords in places where none belongs are not repeated.
fn one_line(text: &str) -> String {
    ui::clean(&redact::passwords(text))
}

/// What an error says; of a parser that draws its input, where and what.
fn message(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    match (error.downcast_ref::<toml::de::Error>(), text.split_once('\n')) {
        (Some(error), Some((place, _))) => format!("{place}: {}", error.message()),
        _ => text,
    }
}

impl CliError {
    /// Prints the error, its causes and what to do, to stderr.
    pub fn print(&self) {
        status_block!("{}", self.render());
    }

    /// The error, its causes and what to do, a line each; before them what is denied.
    pub fn render(&self) -> String {
        let mut out = String::new();
        if matches!(self, CliError::Differ) {
            return out;
        }
        if let CliError::Build(error) | CliError::Push(error) = self
            && let BuildError::Denied(checked) = &**error
        {
            out.extend(checked.iter().map(findings::text));
        }
        out += &format!("error: {}\n", one_line(&self.to_string()));
        let mut last = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = message(error);
            // Wrappers that only pass a message on would say it twice.
            if !last.ends_with(&text) {
                out += &format!("caused by: {}\n", one_line(&text));
            }
            last = text;
            cause = error.source();
        }
        if let Some(hint) = hints::command(self) {
            out += &format!("{}\n", hint_line(&hint));
        }
        out
    }
}

/// A hint as a line.
pub fn hint_line(hint: &str) -> String {
    format!("hint: {}", one_line(hint))
}
