//! `RootDir`: an image's files below one directory. No path of an image leads out of it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};

use crate::store::remove_tree::{WHILE_UNPACKING, remove};

/// A directory that is the root of an image. Links are followed as a process would that has it as its root:
/// an absolute target begins at it, and `..` ends at it (openat2(2), `RESOLVE_IN_ROOT`).
pub struct RootDir(OwnedFd);

/// A name in a directory that is open: what a path of the image leads to.
pub struct Place {
    /// The directory.
    pub dir: OwnedFd,
    /// The name in it; never empty, `.`, `..` or with a slash.
    pub name: String,
}

impl RootDir {
    /// The directory that is open as `dir`.
    pub fn new(dir: impl Into<OwnedFd>) -> Self {
        Self(dir.into())
    }

    /// The place that `path` names (relative, without `./`): its directories are followed, its last name is not. With
    /// `make`, directories that are missing are made.
    ///
    /// # Errors
    /// Those of the host; `InvalidInput` for a path that names no place.
    pub fn place(&self, path: &str, make: bool) -> io::Result<Place> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if matches!(name, "" | "." | "..") {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{path}` names no file")));
        }
        let dir = if make { self.made(parent)? } else { self.open_dir(parent)? };
        Ok(Place { dir, name: name.to_owned() })
    }

    /// An existing directory.
    ///
    /// # Errors
    /// Those of the host.
    pub fn open_dir(&self, path: &str) -> io::Result<OwnedFd> {
        let path = if path.is_empty() { "." } else { path };
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        Ok(rustix::fs::openat2(&self.0, path, flags, Mode::empty(), resolve)?)
    }

    /// The same; what is missing of it is made, from the top.
    fn made(&self, path: &str) -> io::Result<OwnedFd> {
        match self.open_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_empty() => {}
            opened => return opened,
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.made(parent)?;
        match rustix::fs::mkdirat(&parent, name, WHILE_UNPACKING) {
            // A link that leads nowhere stands there: it has to go, as in a file system of layers.
            Err(rustix::io::Errno::EXIST) => {
                remove(parent.as_fd(), name)?;
                rustix::fs::mkdirat(&parent, name, WHILE_UNPACKING)?;
            }
            made => made?,
        }
        // As containerd makes a directory for which a layer has no entry.
        rustix::fs::chmodat(&parent, name, Mode::from_raw_mode(0o755), AtFlags::empty())?;
        self.open_dir(path)
    }
}

impl AsFd for RootDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Place {
    /// What stands there.
    ///
    /// # Errors
    /// Those of the host, but for a place where nothing stands.
    pub fn kind(&self) -> io::Result<Option<FileType>> {
        match rustix::fs::statat(&self.dir, &*self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes what stands there, with all that is in it.
    ///
    /// # Errors
    /// Those of the host.
    pub fn remove(&self) -> io::Result<()> {
        remove(self.dir.as_fd(), &self.name)
    }

    /// A new empty file there, for writing.
    ///
    /// # Errors
    /// Those of the host.
    pub fn create(&self) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.dir, &*self.name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }
}
