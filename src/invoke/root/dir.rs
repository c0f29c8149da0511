//! `RootDir`: an image's files below one directory. No path of an image leads out of it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags};

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
        self.open_dir(path)
    }
}

impl AsFd for RootDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Permissions of directories until all layers are unpacked.
pub const WHILE_UNPACKING: Mode = Mode::RWXU;

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

/// Removes `name` from `dir`, with all that is in it, whatever its permissions are. No link is followed.
///
/// # Errors
/// Those of the host; a name that is not there is none.
pub fn remove(dir: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => return Ok(()),
        Err(rustix::io::Errno::ISDIR | rustix::io::Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    for inside in names(dir, name)? {
        remove(opened(dir, name)?.as_fd(), &inside)?;
    }
    Ok(rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}

/// The names in the directory `name` of `dir`.
///
/// # Errors
/// Those of the host.
pub fn names(dir: BorrowedFd<'_>, name: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(opened(dir, name)?)? {
        let entry = entry?;
        match entry.file_name().to_str() {
            Ok("." | "..") => {}
            Ok(name) => names.push(name.to_owned()),
            Err(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a name that is not UTF-8")),
        }
    }
    Ok(names)
}

/// The directory `name` of `dir`; its owner may do all in it from now on.
fn opened(dir: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Err(rustix::io::Errno::ACCESS) => {
            rustix::fs::chmodat(dir, name, WHILE_UNPACKING, AtFlags::empty())?;
            Ok(rustix::fs::openat(dir, name, flags, Mode::empty())?)
        }
        opened => {
            let opened = opened?;
            rustix::fs::fchmod(&opened, WHILE_UNPACKING)?;
            Ok(opened)
        }
    }
}
