//! Prints a [`CliError`] to stderr: `error:` with its sentence, `caused by:` for each cause, `hint:` with what to do.
//! The sentences are those of the types; the hints are in `hints`.

use std::error::Error;
use std::io;

use lambda_img::build::BuildError;
use lambda_img::redact;
use lambda_img::source::pins::LockError;

use super::error::CliError;
use super::{findings, hints, ui};

/// On one line: what others wrote must not steer the terminal, wherever it comes into a message, nor look like a line
/// of ours; passwords that stand where none belongs are not repeated.
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
        if let Some(hint) = self.hint() {
            out += &format!("hint: {}\n", one_line(&hint));
        }
        out
    }

    /// Whether the shell's limit of file sizes stopped a write.
    fn is_limited(&self) -> bool {
        let mut cause = self.source();
        while let Some(error) = cause {
            let host = error.downcast_ref::<io::Error>();
            if host.is_some_and(|error| error.kind() == io::ErrorKind::FileTooLarge) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    fn hint(&self) -> Option<String> {
        if self.is_limited() {
            return Some(
                "`ulimit -f` tells the most that a file may have, and `ulimit -f unlimited` lifts it"
                    .to_owned(),
            );
        }
        let error = match self {
            CliError::Build(error) | CliError::Push(error) => error,
            CliError::Handler(_, origin) => return Some(hints::handler(origin)),
            CliError::Registry(error) => return Some(hints::checked(error)),
            CliError::Credentials { source, .. } => return Some(hints::login(source)),
            CliError::PreBuiltBy(_) => return Some("the command is the same, and runs once".to_owned()),
            CliError::Usage { hint, .. } => return Some(hint.clone()),
            CliError::PreBuild { dir, .. } => return Some(hints::pre_build(dir)),
            CliError::Denied(_) => return Some(hints::DENIED.to_owned()),
            CliError::Inspect(error) => return hints::inspection(error),
            CliError::Cache(_) => return Some(hints::CACHE.to_owned()),
            CliError::Check(_) => return Some("`lambda-img explain` lists all checks".to_owned()),
            CliError::NoRuntime => return Some("name one with `--runtime`".to_owned()),
            CliError::NotPinned { runtime, arch } => {
                return Some(format!("`lambda-img base lock --runtime {runtime} --arch {arch}` pins it"));
            }
            CliError::Lock(error) if !matches!(error, LockError::File(_)) => {
                return Some("remove it, and pin again with `lambda-img base lock`".to_owned());
            }
            _ => return None,
        };
        hints::build(error.root())
    }
}
