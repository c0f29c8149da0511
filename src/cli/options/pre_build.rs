//! `--pre-build`: the command that makes a function (a package manager, a compiler), and its run.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use crate::cli::show::error::CliError;

/// A command of `pre-build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreBuild {
    /// No command: the existing files are built.
    Nothing,
    /// A script for `sh -e`.
    Shell(String),
    /// A program and its arguments.
    Program(Vec<String>),
}

impl FromStr for PreBuild {
    type Err = String;

    /// A JSON array of words is a program; all else is for the shell, to whom no such array makes sense.
    fn from_str(text: &str) -> Result<Self, String> {
        match serde_json::from_str::<Vec<String>>(text) {
            Ok(words) if words.first().is_none_or(String::is_empty) => Err("names no program".to_owned()),
            Ok(words) => Ok(PreBuild::Program(words)),
            Err(_) if text.trim().is_empty() => Ok(PreBuild::Nothing),
            Err(_) => Ok(PreBuild::Shell(text.to_owned())),
        }
    }
}

impl PreBuild {
    /// Runs it in `dir` to its end. What it prints goes to stderr: stdout is the build's. It inherits
    /// the environment, and has nothing to read.
    pub fn run(&self, dir: &Path, quiet: bool) -> Result<(), CliError> {
        let (mut command, text) = match self {
            PreBuild::Nothing => return Ok(()),
            PreBuild::Shell(script) => {
                let mut command = Command::new("sh");
                command.arg("-ec").arg(script);
                (command, script.trim().to_owned())
            }
            PreBuild::Program(words) => {
                // A program named by a path is looked for where the command runs.
                let named = Path::new(&words[0]);
                let found = if words[0].contains('/') && named.is_relative() {
                    env::current_dir().map_err(CliError::Here)?.join(dir).join(named)
                } else {
                    named.to_owned()
                };
                let mut command = Command::new(found);
                command.args(&words[1..]);
                (command, words.join(" "))
            }
        };
        if !quiet {
            text.lines().for_each(|line| status!("pre-build: {}", line.trim()));
        }
        if !dir.as_os_str().is_empty() {
            command.current_dir(dir);
        }
        let stdout = if quiet { Stdio::null() } else { Stdio::from(io::stderr()) };
        let status = command.stdin(Stdio::null()).stdout(stdout).status();
        let more = if text.lines().nth(1).is_some() { " …" } else { "" };
        let first = format!("{}{more}", text.lines().next().unwrap_or_default());
        let failed = |why: Result<std::process::ExitStatus, io::Error>| CliError::PreBuild {
            command: first,
            dir: if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() },
            why,
        };
        match status {
            Ok(status) if status.success() => Ok(()),
            other => Err(failed(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_parse() {
        assert_eq!("  ".parse(), Ok(PreBuild::Nothing));
        assert_eq!("[ -d x ] || mkdir x".parse(), Ok(PreBuild::Shell("[ -d x ] || mkdir x".to_owned())));
        let words = PreBuild::Program(vec!["make".to_owned(), "a b".to_owned()]);
        assert_eq!(r#"["make", "a b"]"#.parse(), Ok(words));
        assert!("[]".parse::<PreBuild>().is_err() && r#"[""]"#.parse::<PreBuild>().is_err());
    }
}
