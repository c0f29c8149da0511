//! Directories that end with the process: held while it lives, and swept by the next one where it was killed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::TempDir;

use super::lock::{Lock, try_lock};
use super::regular::{flag, is_at};
use super::{FileError, parent};

/// What the names of directories beside outputs begin with.
const PREFIX: &str = ".lambda-img-";

/// How often a directory is made anew because another process swept it in the moment before it was held.
const TRIES: usize = 16;

/// A new directory, locked as long as it is in use. It goes with the value.
#[derive(Debug)]
pub struct Held {
    dir: TempDir,
    // Dropped behind `dir`: what is still there is still held.
    _lock: Option<File>,
}

impl Held {
    /// A new directory in `parent`, its name `prefix` and six letters or digits. Directories of such names that a
    /// killed process of this user left there go.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn inside(parent: &Path, prefix: &str) -> Result<Self, FileError> {
        sweep(parent, prefix);
        let failed = || FileError::of("create a temporary directory in", parent);
        for _ in 0..TRIES {
            let dir = tempfile::Builder::new().prefix(prefix).tempdir_in(parent).map_err(failed())?;
            match File::open(dir.path()) {
                Ok(file) => match try_lock(&file).map_err(failed())? {
                    Lock::Ours if is_at(&file, dir.path()) => return Ok(Self { dir, _lock: Some(file) }),
                    Lock::Unsupported => return Ok(Self { dir, _lock: None }),
                    // Another process takes it for what a killed one left.
                    Lock::Ours | Lock::Taken => {}
                },
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed()(error)),
            }
        }
        Err(failed()(io::Error::other("another process removes what is made there")))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Removes directories in `parent` that have the names of ours, belong to us, and are held by no process. What
/// cannot be known, or removed, stays: it is in nobody's way.
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

/// Removes the directory where a killed process of this user left it. It is locked meanwhile, so that a process that
/// just made it sees that it goes.
fn remove_left(path: &Path) -> io::Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let dir = OpenOptions::new().read(true).custom_flags(flag(flags)).open(path)?;
    let ours = dir.metadata()?.uid() == rustix::process::geteuid().as_raw();
    if ours && try_lock(&dir)? == Lock::Ours && is_at(&dir, path) { fs::remove_dir_all(path) } else { Ok(()) }
}

/// A new directory `.lambda-img-…` beside an output. It goes with the value, and so do the
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

/// A new directory beside `path`, whose missing parents are created.
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
