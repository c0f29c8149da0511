//! Temporary directories of the process. They are locked while it runs; if it is killed, the next process removes them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::fs::OFlags;
use tempfile::TempDir;

use super::lock::{Lock, try_lock};
use super::regular_file::{self, flag, is_at, is_other};
use super::{FileError, parent};
use crate::work::lock;

/// What the names of directories next to outputs begin with.
const PREFIX: &str = ".lambda-img-";

/// The file that marks directories of this tool, and its contents.
const MARKER: &str = "lambda-img-temporary";
const TEXT: &str = "A temporary directory of lambda-img, which the next build removes.\n";

/// A new directory, locked as long as it is in use. It goes with the value.
#[derive(Debug)]
pub struct Held {
    dir: TempDir,
    // Dropped behind `dir`: what is still there is still held.
    _lock: File,
    _neighbour: Neighbour,
}

impl Held {
    /// A new directory in `parent`, its name `prefix` and six letters or digits. Those that a killed process of this
    /// user left there go, unless this process holds another one there: it looked when it made the first.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn inside(parent: &Path, prefix: &'static str) -> Result<Self, FileError> {
        let neighbour = Neighbour::new(parent, prefix);
        if neighbour.is_first {
            sweep(parent, prefix);
        }
        let failed = || FileError::of("create a temporary directory in", parent);
        let dir = tempfile::Builder::new().prefix(prefix).tempdir_in(parent).map_err(failed())?;
        let lock = File::open(dir.path()).map_err(failed())?;
        // Once it is held, and only then: what has it and is not held was left.
        if try_lock(&lock).map_err(failed())? == Lock::Ours {
            fs::write(dir.path().join(MARKER), TEXT).map_err(failed())?;
        }
        Ok(Self { dir, _lock: lock, _neighbour: neighbour })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The rest, and what could not be removed, goes with `dir`.
        let _ = clear(self.path());
    }
}

/// How many directories this process holds, by what their names begin with and where they are. A fleet holds hundreds in
/// one place, and would look at all of them for each new one.
static HELD: Mutex<BTreeMap<(&str, PathBuf), usize>> = Mutex::new(BTreeMap::new());

/// Counts as one of [`HELD`].
#[derive(Debug)]
struct Neighbour {
    prefix: &'static str,
    place: PathBuf,
    /// Whether there was none before.
    is_first: bool,
}

impl Neighbour {
    fn new(place: &Path, prefix: &'static str) -> Self {
        let (mut held, place) = (lock(&HELD), place.to_owned());
        let count = held.entry((prefix, place.clone())).or_default();
        *count += 1;
        Self { prefix, place, is_first: *count == 1 }
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let (mut held, key) = (lock(&HELD), (self.prefix, std::mem::take(&mut self.place)));
        if let Some(count) = held.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                held.remove(&key);
            }
        }
    }
}

/// Removes what is in a directory of ours. The marker stays for as long as anything does, so that the next process
/// continues where this one is killed.
fn clear(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else if entry.file_name() != MARKER {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes directories in `parent` that have the names and the marker of this tool, belong to the user, and are not
/// held by a process. A directory that cannot be examined or removed stays.
fn sweep(parent: &Path, prefix: &str) {
    let listed = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in listed.filter(|entry| is_ours(&entry.file_name().to_string_lossy(), prefix)) {
        let _ = remove_left(&entry.path());
    }
}

/// Whether a directory of this name is one of [`temporary_beside`].
pub fn is_temporary(name: &str) -> bool {
    is_ours(name, PREFIX)
}

/// Whether [`tempfile`] gave the name.
fn is_ours(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix).unwrap_or_default();
    rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Removes the directory where a killed process of this user left it.
fn remove_left(path: &Path) -> io::Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let dir = OpenOptions::new().read(true).custom_flags(flag(flags)).open(path)?;
    let ours = dir.metadata()?.uid() == rustix::process::geteuid().as_raw();
    if ours && is_marked(path) && try_lock(&dir)? == Lock::Ours && is_at(&dir, path) {
        clear(path)?;
        fs::remove_dir_all(path)?;
    }
    Ok(())
}

/// Whether the marker exists: another program may use such a name, as `.lambda-img-backup`.
fn is_marked(path: &Path) -> bool {
    let marker = path.join(MARKER);
    !is_other(&marker)
        && regular_file::open(&marker).is_ok_and(|file| {
            let mut text = String::new();
            file.take(TEXT.len() as u64 + 1).read_to_string(&mut text).is_ok() && text == TEXT
        })
}

/// A new directory `.lambda-img-…` next to an output. It goes with the value, and so do the
/// directories above that were made for it, unless an output stands in them by then.
pub struct Temporary {
    dir: Held,
    // Dropped behind `dir`, which lies in the first of them.
    _above: Made,
}

impl Temporary {
    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Directories made here, the innermost first.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        // The host keeps those that are not empty.
        let _ = self.0.iter().try_for_each(fs::remove_dir);
    }
}

/// A new directory next to `path`, whose missing parents are created.
///
/// # Errors
/// [`FileError`] of the host.
pub fn temporary_beside(path: &Path) -> Result<Temporary, FileError> {
    let parent = parent(path);
    let missing = parent.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
    let above = Made(missing.map(Path::to_owned).collect());
    fs::create_dir_all(parent).map_err(FileError::of("create directory", parent))?;
    Ok(Temporary { dir: Held::inside(parent, PREFIX)?, _above: above })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_looked_for_by_the_first_directory_in_a_place() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join(".lambda-img-abcdef");
        let leave = || {
            fs::create_dir(&left).unwrap();
            fs::write(left.join(MARKER), TEXT).unwrap();
        };
        let held = || Held::inside(place.path(), PREFIX).unwrap();
        leave();
        let first = held();
        assert!(!left.exists());
        leave();
        let second = held();
        drop(first);
        let third = held();
        assert!(left.exists());
        drop((second, third));
        let _again = held();
        assert!(!left.exists());
    }
}
