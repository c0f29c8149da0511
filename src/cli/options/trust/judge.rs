//! Finds the owner of a file, of the links to it and of its directory, and which users can write to them.

mod group;

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use lambda_img::store::parent;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat, fgetxattr, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

use crate::cli::options::environment::variable;
use group::Groups;

/// The most links that lead to a file (as the kernel has it).
const MOST_LINKS: usize = 40;

/// Who may have a say: this process's user, root, and who became root by `sudo`.
struct Us(Vec<u32>);

impl Us {
    fn new() -> Self {
        let own = rustix::process::geteuid();
        let by_sudo = variable("SUDO_UID").filter(|_| own.is_root());
        let by_sudo = by_sudo.and_then(|id| id.to_str()?.parse().ok());
        Self([Some(0), Some(own.as_raw()), by_sudo].into_iter().flatten().collect())
    }
}

/// What speaks against a file.
pub struct Doubt {
    /// In words.
    pub why: String,
    /// What others may write, and should not.
    pub writable: Option<PathBuf>,
    /// Whether it is in, or reached through, a directory where every user may add names.
    pub shared: bool,
}

/// Opens a file, and tells what speaks against it, if anything does.
pub fn open(path: &Path) -> io::Result<(File, Option<Doubt>)> {
    let us = Us::new();
    let (mut doubt, mut shared) = (None, false);
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let name = path.file_name().ok_or(Errno::ISDIR)?;
        let dir = directory(parent(&path))?;
        let around = fstat(&dir)?;
        // Where everybody may add names, as in /tmp, each belongs to its owner all the same.
        let sticky = Mode::from_raw_mode(around.st_mode).contains(Mode::SVTX);
        let writable = writers(&dir, &around, &us);
        shared |= sticky && writable.is_some();
        let what = format!("the directory `{}`", parent(&path).display());
        let of_dir = doubted(&what, parent(&path), owner(&around, &us), writable.filter(|_| !sticky));
        doubt = doubt.or(of_dir);
        let entry = statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(entry.st_mode) == FileType::Symlink {
            let what = format!("the link `{}`", path.display());
            doubt = doubt.or(doubted(&what, &path, owner(&entry, &us), None));
            let target = readlinkat(&dir, name, Vec::new())?;
            path = parent(&path).join(OsStr::from_bytes(target.as_bytes()));
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(&dir, name, flags, Mode::empty())?;
        let found = fstat(&file)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("it is not a regular file"));
        }
        // A second name may have been given to a file of ours by another user.
        let named = (shared && found.st_nlink > 1)
            .then(|| "has another name, and others may write its directory".to_owned());
        doubt = doubt
            .or_else(|| doubted("it", &path, owner(&found, &us), writers(&file, &found, &us)))
            .or_else(|| doubted("it", &path, named, None));
        return Ok((file.into(), doubt.map(|doubt| Doubt { shared, ..doubt })));
    }
    Err(Errno::LOOP.into())
}

/// The file, link or directory that belongs to another user, or that other users can write to.
fn doubted(what: &str, path: &Path, owner: Option<String>, writers: Option<String>) -> Option<Doubt> {
    let writable = (owner.is_none() && writers.is_some()).then(|| path.to_owned());
    let why = format!("{what} {}", owner.or(writers)?);
    Some(Doubt { why, writable, shared: false })
}

/// A directory, opened; without reading it where that is all that is allowed.
fn directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fs::open(path, flags | OFlags::RDONLY, Mode::empty()) {
        #[cfg(target_os = "linux")]
        Err(Errno::ACCESS) => Ok(fs::open(path, flags | OFlags::PATH, Mode::empty())?),
        opened => Ok(opened?),
    }
}

fn owner(found: &Stat, us: &Us) -> Option<String> {
    (!us.0.contains(&found.st_uid)).then(|| format!("is user {}'s", found.st_uid))
}

/// Who else may write it.
fn writers(file: impl AsFd, found: &Stat, us: &Us) -> Option<String> {
    let mode = Mode::from_raw_mode(found.st_mode);
    if mode.contains(Mode::WOTH) {
        return Some("may be written by everybody".to_owned());
    }
    if !mode.contains(Mode::WGRP) {
        return None;
    }
    // With an access list, these bits say what it gives at most, not to whom.
    if has_list(file) {
        return Some("may be written by those of its access list".to_owned());
    }
    let group = found.st_gid;
    (!Groups::read().is_of(group, &us.0)).then(|| format!("may be written by group {group}"))
}

fn has_list(file: impl AsFd) -> bool {
    let mut value = [0; 256];
    match fgetxattr(file, "system.posix_acl_access", &mut value[..]) {
        Ok(_) | Err(Errno::RANGE) => true,
        Err(error) => ![Errno::NODATA, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error),
    }
}
