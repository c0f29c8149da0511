//! `init --check`: builds what was written at once, without an output, and tells what is missing.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use lambda_img::runtime::{self, Family};

use super::draft::Draft;
use crate::cli::show::error::CliError;

/// How the trial of a function ended.
pub enum Trial {
    /// It builds.
    Builds,
    /// It builds, but its base is not to be had: what the first attempt said.
    WithoutBase(String),
    /// It does not build: what the last attempt said.
    Fails(String),
}

/// Builds a function of the settings in `dir`: on its own base, and where that fails on none, so that a registry that
/// is out of reach does not hide what is wrong with the function. Steps that ran are not run again.
pub fn run(dir: &Path, draft: &Draft) -> Result<Trial, CliError> {
    let as_written = build(dir, &draft.name, &[])?;
    let Err(first) = as_written else { return Ok(Trial::Builds) };
    let custom = runtime::profile(&draft.runtime).is_ok_and(|profile| profile.family == Family::Custom);
    if custom {
        return Ok(Trial::Fails(first));
    }
    let alone = ["--base", "scratch", "--entrypoint", "/lambda-entrypoint.sh", "--allow", "start-missing"];
    Ok(match build(dir, &draft.name, &alone)? {
        Ok(()) => Trial::WithoutBase(first),
        Err(second) => Trial::Fails(second),
    })
}

/// One build in a process of its own, as a user would type it; what it printed to stderr where it failed.
fn build(dir: &Path, name: &str, further: &[&str]) -> Result<Result<(), String>, CliError> {
    let tool = env::current_exe().map_err(CliError::Here)?;
    let mut command = Command::new(tool);
    command.current_dir(dir).args(["build", name, "--dry-run", "--quiet"]).args(further);
    let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).output().map_err(CliError::Here)?;
    let said = String::from_utf8_lossy(&ran.stderr).trim_end().to_owned();
    Ok(if ran.status.success() { Ok(()) } else { Err(said) })
}
