//! Directories in which commands work for a build: one for each name, used by one process at a time, and gone afterwards.
//!
//! ```text
//! work/<hex>/    what the command of this name writes; its turn is locked meanwhile
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::push_lock::PushLock;
use super::{Cache, FileError};
use crate::key::Key;
use crate::store::temporary::Held;
use crate::work::{Interrupted, Run};

/// Where they are.
const DIR: &str = "work";

/// The letters of a name: enough to tell them apart, and short, because commands put the path into what they write.
const NAME: usize = 16;

/// An empty directory for a command. It goes with the value.
#[derive(Debug)]
pub struct Workplace {
    dir: PathBuf,
    turn: Option<PushLock>,
    /// Holds the directory where the cache cannot be written to.
    _temporary: Option<Held>,
}

impl Workplace {
    /// The directory.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// A file that keeps others out as long as a process has it open; `None` where no other process can come.
    pub fn hold(&self) -> Option<File> {
        self.turn.as_ref()?.file().ok()
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if self.turn.is_some() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

impl Cache {
    /// Waits until no process that shares the cache works at `name`, and gives its directory, empty; `tell` is called
    /// once where that takes its time. Where the cache cannot be written to, it is a new one in `temporary`.
    ///
    /// # Errors
    /// [`Interrupted`]; the inner one is the host's.
    pub fn workplace(
        &self,
        name: Key,
        temporary: &Path,
        run: Run<'_>,
        tell: impl Fn(),
    ) -> Result<Result<Workplace, FileError>, Interrupted> {
        let name = &name.to_string()[..NAME];
        let dir = self.root.join(DIR).join(name);
        if let Some(turn) = self.turn(&turn_of(name), run, tell)? {
            self.sweep_workplaces();
            // Absolute, for a command that runs elsewhere.
            let dir = std::path::absolute(&dir).unwrap_or(dir);
            return Ok(emptied(&dir).map(|()| Workplace { dir, turn: Some(turn), _temporary: None }));
        }
        let held = Held::inside(temporary, "lambda-img-work-");
        Ok(held.and_then(|held| {
            let dir = held.path().join("out");
            emptied(&dir)?;
            Ok(Workplace { dir, turn: None, _temporary: Some(held) })
        }))
    }

    /// Removes the directories of processes that were killed.
    pub(super) fn sweep_workplaces(&self) {
        for entry in fs::read_dir(self.root.join(DIR)).into_iter().flatten().flatten() {
            let turn = entry.file_name().to_str().and_then(|name| self.free_turn(&turn_of(name)));
            if turn.is_some() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn turn_of(name: &str) -> String {
    format!("work {name}")
}

fn emptied(dir: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::of("remove", dir)(error)),
        _ => fs::create_dir_all(dir).map_err(FileError::of("create directory", dir)),
    }
}
