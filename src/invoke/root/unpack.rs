//! `Unpacker`: applies layers, lowest first, to a directory, as the OCI image specification says ("Applying Changesets").
//!
//! What a layer says is not trusted: paths stay in the directory, devices are left out (Lambda's `/dev` is its own), and
//! every layer is held to its diff_id.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Gid, Mode, Uid};

use super::dir::RootDir;
use super::error::RootError;
use super::metadata::{modified, plain_directory};
use super::owner::Ownership;
use super::path::{is_made, normal};
use crate::digest::Digest;
use crate::store::remove_tree::{WHILE_UNPACKING, names};
use crate::survey::tar::{self, Stream};
use crate::survey::{Entry, Hashed, Kind, Unpack, Whiteout};

/// Unpacks layers into one directory.
pub struct Unpacker {
    root: RootDir,
    ownership: Ownership,
    /// Permissions, owner and time of directories: set at the end, for a directory that cannot be written to takes no
    /// further file, and each file changes its time.
    directories: BTreeMap<String, Entry>,
    /// Bytes of files.
    size: u64,
}

impl Unpacker {
    /// Into `root`, an empty directory.
    pub fn new(root: RootDir, ownership: Ownership) -> Self {
        Self { root, ownership, directories: BTreeMap::new(), size: 0 }
    }

    /// What the layers say of directories.
    pub fn directories(&mut self) -> &mut BTreeMap<String, Entry> {
        &mut self.directories
    }

    /// How many bytes the files have that were unpacked.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Applies one layer: `stored` are its bytes, `expected` is the digest of its tar.
    ///
    /// # Errors
    /// [`RootError`]: what is wrong with the layer, and what the host says of a file.
    pub fn apply(&mut self, stored: impl Read, expected: Digest) -> Result<(), RootError> {
        let mut tar = Hashed::new(Unpack::new(stored).map_err(RootError::Layer)?);
        let mut made = BTreeSet::new();
        let mut failed = None;
        let read = tar::read(&mut Stream(&mut tar), |entry, _, content| {
            self.entry(entry, content, &mut made).map_err(|error| {
                let text = error.to_string();
                failed = Some(error);
                text
            })
        });
        match (read, failed) {
            (_, Some(error)) => return Err(error),
            (Err(damage), None) => return Err(RootError::Layer(io::Error::other(damage))),
            (Ok(_), None) => {}
        }
        io::copy(&mut tar, &mut io::sink()).map_err(RootError::Layer)?;
        let found = tar.digest();
        if found != expected {
            return Err(RootError::DiffId { expected, found });
        }
        Ok(())
    }

    /// Makes directories and empty files that the image lacks.
    ///
    /// # Errors
    /// [`RootError`] of the host.
    pub fn complete(&mut self, directories: &[&str], files: &[&str]) -> Result<(), RootError> {
        for path in directories {
            let mut made = || {
                let place = self.root.place(path, true)?;
                if place.kind()? != Some(FileType::Directory) {
                    // A link would lead out of the image when something is mounted over it.
                    place.remove()?;
                    rustix::fs::mkdirat(&place.dir, &*place.name, WHILE_UNPACKING)?;
                    self.directories.entry((*path).to_owned()).or_insert_with(plain_directory);
                }
                io::Result::Ok(())
            };
            made().map_err(|source| RootError::File { path: (*path).to_owned(), source })?;
        }
        for path in files {
            let made = || {
                let place = self.root.place(path, true)?;
                if place.kind()? != Some(FileType::RegularFile) {
                    place.remove()?;
                    place.create()?;
                    rustix::fs::chmodat(
                        &place.dir,
                        &*place.name,
                        Mode::from_raw_mode(0o644),
                        AtFlags::empty(),
                    )?;
                }
                io::Result::Ok(())
            };
            made().map_err(|source| RootError::File { path: (*path).to_owned(), source })?;
        }
        Ok(())
    }

    /// Gives directories their permissions, and says how many bytes all files have.
    ///
    /// # Errors
    /// [`RootError`] of the host.
    pub fn finish(mut self) -> Result<u64, RootError> {
        // The deepest first: a directory that cannot be entered hides what is below.
        for (path, entry) in std::mem::take(&mut self.directories).into_iter().rev() {
            let done = || {
                let Ok(place) = self.root.place(&path, false) else { return Ok(()) };
                if place.kind()? != Some(FileType::Directory) {
                    return Ok(());
                }
                self.own(&place.dir, &place.name, &entry)?;
                let mode = Mode::from_raw_mode(self.ownership.mode(entry.mode));
                rustix::fs::chmodat(&place.dir, &*place.name, mode, AtFlags::empty())?;
                io::Result::Ok(())
            };
            done().map_err(|source| RootError::File { path: path.clone(), source })?;
        }
        Ok(self.size)
    }

    fn entry(
        &mut self,
        entry: Entry,
        content: &mut dyn Read,
        made: &mut BTreeSet<String>,
    ) -> Result<(), RootError> {
        let path = normal(entry.name()).ok_or_else(|| RootError::Path { path: entry.path.clone() })?;
        let failed = |source| RootError::File { path: path.clone(), source };
        match entry.whiteout() {
            Some(Whiteout::Opaque(dir)) => {
                let dir = normal(dir).ok_or_else(|| RootError::Path { path: entry.path.clone() })?;
                return self.empty(&dir, made).map_err(failed);
            }
            Some(Whiteout::Path(dir, name)) => {
                let hidden = normal(&format!("{dir}/{name}"))
                    .ok_or_else(|| RootError::Path { path: entry.path.clone() })?;
                return self.hide(&hidden, made).map_err(failed);
            }
            None => {}
        }
        if path.is_empty() {
            return Ok(());
        }
        self.make(&path, &entry, content).map_err(failed)?;
        self.note_parents(&path);
        made.insert(path.clone());
        if entry.kind == Kind::Dir {
            self.directories.insert(path, entry);
        }
        Ok(())
    }

    /// Remembers directories for which no layer has an entry.
    fn note_parents(&mut self, path: &str) {
        let mut below = path;
        while let Some((parent, _)) = below.rsplit_once('/')
            && !self.directories.contains_key(parent)
        {
            self.directories.insert(parent.to_owned(), plain_directory());
            below = parent;
        }
    }

    fn make(&mut self, path: &str, entry: &Entry, content: &mut dyn Read) -> io::Result<()> {
        let place = self.root.place(path, true)?;
        let there = place.kind()?;
        if entry.kind == Kind::Dir && there == Some(FileType::Directory) {
            return Ok(());
        }
        if there.is_some() && entry.kind != Kind::HardLink {
            place.remove()?;
        }
        match entry.kind {
            Kind::Dir => rustix::fs::mkdirat(&place.dir, &*place.name, WHILE_UNPACKING)?,
            Kind::File => {
                let mut file = place.create()?;
                if io::copy(content, &mut file)? < entry.size {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.size += entry.size;
                self.own(&place.dir, &place.name, entry)?;
                rustix::fs::fchmod(&file, Mode::from_raw_mode(self.ownership.mode(entry.mode)))?;
                // Python compares the time of a source with the one in its bytecode.
                rustix::fs::futimens(&file, &modified(entry.mtime))?;
            }
            Kind::Symlink => {
                rustix::fs::symlinkat(entry.link.as_deref().unwrap_or_default(), &place.dir, &*place.name)?;
                self.own(&place.dir, &place.name, entry)?;
            }
            Kind::HardLink => self.link(&place, entry)?,
            Kind::Fifo => {
                let mode = Mode::from_raw_mode(self.ownership.mode(entry.mode));
                rustix::fs::mknodat(&place.dir, &*place.name, FileType::Fifo, mode, 0)?;
            }
            // Lambda's `/dev` is its own, and a function may make none.
            Kind::CharDevice | Kind::BlockDevice => {}
            Kind::Sparse | Kind::Other(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    format!("a {} in a layer", entry.kind.name()),
                ));
            }
        }
        Ok(())
    }

    /// A further name of a file that is there.
    fn link(&self, place: &super::dir::Place, entry: &Entry) -> io::Result<()> {
        let target = normal(entry.link.as_deref().unwrap_or_default())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its target leads out of the image"))?;
        let target = self.root.place(&target, false)?;
        if target.kind()? == Some(FileType::Directory) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its target is a directory"));
        }
        let same = |place: &super::dir::Place| {
            let stat = rustix::fs::statat(&place.dir, &*place.name, AtFlags::SYMLINK_NOFOLLOW);
            stat.map(|stat| (stat.st_dev, stat.st_ino))
        };
        let identity = same(&target)?;
        if place.kind()?.is_some() {
            if same(place)? == identity {
                return Ok(());
            }
            place.remove()?;
        }
        Ok(rustix::fs::linkat(&target.dir, &*target.name, &place.dir, &*place.name, AtFlags::empty())?)
    }

    /// Hides a path of the layers below.
    fn hide(&mut self, path: &str, made: &BTreeSet<String>) -> io::Result<()> {
        match self.root.place(path, false) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(())
            }
            Err(error) => Err(error),
            Ok(place) if is_made(made, path) => {
                // A whiteout behind an entry of its own layer hides what was below it.
                if place.kind()? == Some(FileType::Directory) { self.empty(path, made) } else { Ok(()) }
            }
            Ok(place) => {
                self.forget(path);
                place.remove()
            }
        }
    }

    /// Hides all that the layers below have in a directory.
    fn empty(&mut self, dir: &str, made: &BTreeSet<String>) -> io::Result<()> {
        let inside = match dir {
            "" => names(self.root.as_fd(), ".")?,
            _ => match self.root.place(dir, false) {
                Ok(place) if place.kind()? == Some(FileType::Directory) => {
                    names(place.dir.as_fd(), &place.name)?
                }
                _ => return Ok(()),
            },
        };
        for name in inside {
            let path = if dir.is_empty() { name } else { format!("{dir}/{name}") };
            self.hide(&path, made)?;
        }
        Ok(())
    }

    fn forget(&mut self, path: &str) {
        let below = format!("{path}/");
        self.directories.retain(|dir, _| dir != path && !dir.starts_with(&below));
    }

    fn own(&self, dir: impl AsFd, name: &str, entry: &Entry) -> io::Result<()> {
        if self.ownership != Ownership::AsStored {
            return Ok(());
        }
        let id = |id: u64| {
            u32::try_from(id)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "an owner beyond 32 bits"))
        };
        let (uid, gid) = (Uid::from_raw(id(entry.owner.0)?), Gid::from_raw(id(entry.owner.1)?));
        Ok(rustix::fs::chownat(dir, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?)
    }
}
