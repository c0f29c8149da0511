//! Decides whether to trust a file that was found and not named: settings and lock file, which are searched upward, and
//! the files that the settings name.
//!
//! These files decide which programs run and which base image a function has. The file, the links to it and the
//! directories around them must therefore belong to the user or to root, and other users must not be able to write to
//! them. Git (`safe.directory`) and OpenSSH (`StrictModes`) have the same rule. The rule is applied to the opened
//! file, not to its name, which can mean another file a moment later.

mod judge;

use std::env;
use std::path::{Path, PathBuf};

use lambda_img::store::{self, FileError};

use super::environment::variable;
use crate::cli::show::error::CliError;
use judge::Doubt;

/// Directories in which everything is obeyed, one a line; `*` for all.
const SAFE: &str = "LAMBDA_IMG_SAFE_DIRECTORY";

/// What a file decides, and so what another user could do who writes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Decides {
    /// Settings, which name commands to run.
    Settings,
    /// The lock file, which names the bases.
    Bases,
    /// Certificates, which say which registries are genuine.
    Certificates,
}

/// The bytes of a file that was found.
pub fn read(path: &Path, decides: Decides) -> Result<Vec<u8>, CliError> {
    let failed = FileError::of("read", path);
    let (file, doubt) = match judge::open(path) {
        Ok(judged) => judged,
        Err(error) => return Err(CliError::File(failed(error))),
    };
    if let Some(doubt) = doubt.filter(|_| !is_safe(path)) {
        return Err(refused(path, decides, &doubt));
    }
    store::read_opened(file).map_err(failed).map_err(CliError::File)
}

/// Whether a file that settings include may be used. A missing file is left to the code that reads it.
pub fn check(path: &Path, decides: Decides) -> Result<(), CliError> {
    match judge::open(path) {
        Ok((_, Some(doubt))) if !is_safe(path) => Err(refused(path, decides, &doubt)),
        _ => Ok(()),
    }
}

fn refused(path: &Path, decides: Decides, doubt: &Doubt) -> CliError {
    let error = format!("`{}` is not trusted: {}", path.display(), doubt.why);
    let could = match decides {
        Decides::Settings => "it could run commands as you",
        Decides::Bases => "it could choose the bases that you build on",
        Decides::Certificates => "it could choose whom you trust",
    };
    let dir = real_dir(path).unwrap_or_else(|| store::parent(path).to_owned());
    let trust = || format!("trust it with {SAFE}={}", quoted(&dir));
    let mend = match &doubt.writable {
        Some(writable) => {
            format!("take the right away with `chmod go-w {}`, or {}", quoted(writable), trust())
        }
        // Who trusts such a directory obeys everybody.
        None if doubt.shared && decides == Decides::Settings => {
            format!("write your own here with `lambda-img init`, or have {} removed", quoted(path))
        }
        None if doubt.shared => format!("have {} removed, or work elsewhere", quoted(path)),
        None => format!("work in a directory that only you may write, or {}", trust()),
    };
    CliError::usage(&error, &format!("{could}: {mend}"))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Whether the user trusts the directory of a file, or one above it.
fn is_safe(path: &Path) -> bool {
    let Some(listed) = variable(SAFE) else { return false };
    let dir = real_dir(path);
    let lists = |line: &str| {
        let safe = Path::new(line);
        line == "*"
            || safe.canonicalize().is_ok_and(|safe| dir.as_ref().is_some_and(|dir| dir.starts_with(safe)))
    };
    listed.to_string_lossy().lines().map(str::trim).filter(|line| !line.is_empty()).any(lists)
}

fn real_dir(path: &Path) -> Option<PathBuf> {
    let dir = env::current_dir().ok()?.join(store::parent(path));
    dir.canonicalize().ok()
}
