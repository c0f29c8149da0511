//! What this machine has: programs on PATH, asked for their versions.

use std::env;
use std::process::{Command, Stdio};

use super::source::find;

/// Whether a program is on PATH.
pub fn has(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Whether a program is there and ends well with these arguments.
pub fn runs(program: &str, arguments: &[&str]) -> bool {
    says(program, arguments).is_some()
}

/// What the pattern's first group finds in what a program prints.
pub fn version(program: &str, arguments: &[&str], pattern: &str) -> Option<String> {
    find(&says(program, arguments)?, pattern)
}

fn says(program: &str, arguments: &[&str]) -> Option<String> {
    let mut asked = Command::new(program);
    asked.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let said = asked.output().ok().filter(|said| said.status.success())?;
    Some(String::from_utf8_lossy(&said.stdout).into_owned())
}
