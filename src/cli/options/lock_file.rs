//! Finds, reads and writes the lock file.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};

use lambda_img::source::pins::{FILE_NAME, Pins};

use super::trust::{self, Decides};
use crate::cli::show::error::CliError;

/// A lock file, which need not exist yet.
pub struct Lock {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// What it says.
    pub pins: Pins,
    /// Held by who changes it.
    _held: Option<File>,
}

/// The first line of a lock file.
const COMMENT: &str = "Made by `lambda-img base lock`, moved by `lambda-img base update`.";

impl Lock {
    /// Writes the pins to the file.
    pub fn write(&self) -> Result<(), CliError> {
        self.pins.write(&self.path, COMMENT).map_err(CliError::Lock)
    }
}

/// The nearest lock file upward from the current directory, otherwise an empty one in the current directory.
pub fn find() -> Result<Lock, CliError> {
    let path = self::path()?;
    Ok(Lock { pins: read(&path)?, path, _held: None })
}

/// The same, to be changed: who else wants to waits until the value is dropped, so that no pin is lost
/// between reading and writing.
pub fn find_to_change() -> Result<Lock, CliError> {
    let path = self::path()?;
    // The directory, for the file itself is replaced.
    let held = File::open(path.parent().unwrap_or(Path::new("."))).and_then(|dir| dir.lock().map(|()| dir));
    let held = held.map_err(CliError::Here)?;
    Ok(Lock { pins: read(&path)?, path, _held: Some(held) })
}

/// Where the lock file is, or would be.
pub fn path() -> Result<PathBuf, CliError> {
    let here = env::current_dir().map_err(CliError::Here)?;
    let found = here.ancestors().map(|dir| dir.join(FILE_NAME)).find(|path| path.is_file());
    Ok(found.unwrap_or_else(|| here.join(FILE_NAME)))
}

fn read(path: &Path) -> Result<Pins, CliError> {
    if !path.is_file() {
        return Ok(Pins::default());
    }
    Pins::of_bytes(trust::read(path, Decides::Bases)?, path).map_err(CliError::Lock)
}
