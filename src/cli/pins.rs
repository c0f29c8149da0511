//! Where the lock file is.

use std::env;
use std::path::PathBuf;

use lambda_img::base::lock::{FILE_NAME, Pins};

use super::failure::Failure;

/// A lock file, which need not exist yet.
pub struct Lock {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// What it says.
    pub pins: Pins,
}

/// The nearest lock file upward from the current directory; where there is none, an empty one in it.
pub fn find() -> Result<Lock, Failure> {
    let here = env::current_dir().map_err(Failure::Here)?;
    match here.ancestors().map(|dir| dir.join(FILE_NAME)).find(|path| path.is_file()) {
        Some(path) => Ok(Lock { pins: Pins::read(&path).map_err(Failure::Lock)?, path }),
        None => Ok(Lock { path: here.join(FILE_NAME), pins: Pins::default() }),
    }
}
