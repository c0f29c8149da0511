//! Removes directories with all that is in them, whatever their permissions are, and follows no link.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};

/// Permissions of a directory whose owner works in it.
pub const WHILE_UNPACKING: Mode = Mode::RWXU;

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
