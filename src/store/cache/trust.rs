//! Decides whether to trust the cache. Checksums and digests find corrupt files, but not attacks: a user who can
//! write to the directory can decide what images contain. The directory must therefore belong to the user or to root,
//! and other users must not be able to write to it.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::RecordKind;

/// How many links a path may lead through, as the kernel has it.
const LINKS: usize = 40;

/// Why a directory is not used as a cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// It is another user's.
    #[error("`{}` belongs to another user (uid {uid})", path.display())]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Its group, or every user, may write to it.
    #[error("others may write to `{}` (mode {mode:04o})", path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The way to it leads through a link of another user.
    #[error("`{}` is a link of another user (uid {uid})", path.display())]
    ForeignLink {
        /// The link.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// One of the directories in it is a link.
    #[error("`{}` is a link", .0.display())]
    Link(PathBuf),
}

/// Whether the directory can be a cache of the user who asks: it, and where links on the way to it lead, belongs to
/// that user or to root, and no other user may write to it. A missing directory can be trusted: it will be made for
/// the user alone. The directory that holds it belongs to that user or to root, too, for its owner could put another
/// one in its place. It does not matter that others may write to it, because checkouts of GitLab have mode 0777 (its
/// helper's umask is 0000).
///
/// # Errors
/// [`Distrust`].
pub fn check(root: &Path) -> Result<(), Distrust> {
    let Some((real, metadata)) = resolve(root)? else { return Ok(()) };
    if !metadata.is_dir() {
        return Ok(());
    }
    check_dir(&real, &metadata)?;
    check_above(real.parent())?;
    let reached = metadata.mode() & 0o011 != 0;
    let inner = ["blobs", "blobs/sha256", "partial", "turns", "layers", "places", "unpacked", "facts"];
    for path in inner.iter().chain(&RecordKind::DIRS).map(|name| real.join(name)) {
        match fs::symlink_metadata(&path) {
            Ok(inner) if inner.is_symlink() => return Err(Distrust::Link(path)),
            Ok(inner) if inner.is_dir() && reached => check_dir(&path, &inner)?,
            _ => {}
        }
    }
    Ok(())
}

/// Follows a path link by link, and returns the target and its metadata; `None` if it does not exist.
fn resolve(path: &Path) -> Result<Option<(PathBuf, Metadata)>, Distrust> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut ahead: Vec<PathBuf> = backwards(&absolute);
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    // How much is left when what a link leads to has been walked.
    let mut ends = Vec::new();
    while let Some(part) = ahead.pop() {
        match part.components().next() {
            Some(Component::ParentDir) => drop(at.pop()),
            Some(Component::RootDir) => at = PathBuf::from("/"),
            Some(Component::Normal(name)) => {
                let next = at.join(name);
                let Ok(metadata) = fs::symlink_metadata(&next) else {
                    // What is missing in between is made here, and is ours.
                    return check_above(ahead.is_empty().then_some(at.as_path())).map(|()| None);
                };
                if metadata.is_symlink() {
                    links += 1;
                    let Ok(target) = fs::read_link(&next) else { return Ok(None) };
                    check_link(&next, &metadata)?;
                    if links > LINKS {
                        return Ok(None);
                    }
                    ends.push(ahead.len());
                    ahead.extend(backwards(&target));
                    continue;
                }
                at = next;
            }
            _ => {}
        }
        while ends.pop_if(|end| ahead.len() == *end).is_some() {
            // In a sticky directory, as `/tmp`, others may write and yet take nothing of ours away.
            match fs::symlink_metadata(&at) {
                Ok(metadata) if metadata.mode() & 0o1000 == 0 || !is_trusted(metadata.uid()) => {
                    check_dir(&at, &metadata)?;
                }
                _ => {}
            }
        }
    }
    Ok(fs::symlink_metadata(&at).ok().map(|metadata| (at, metadata)))
}

/// The components of a path, the last first.
fn backwards(path: &Path) -> Vec<PathBuf> {
    path.components().rev().map(|component| PathBuf::from(component.as_os_str())).collect()
}

fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

fn check_link(path: &Path, metadata: &Metadata) -> Result<(), Distrust> {
    let uid = metadata.uid();
    if is_trusted(uid) { Ok(()) } else { Err(Distrust::ForeignLink { path: path.to_owned(), uid }) }
}

/// The directory that holds the cache.
fn check_above(path: Option<&Path>) -> Result<(), Distrust> {
    let there = path.and_then(|path| Some((path, fs::symlink_metadata(path).ok()?)));
    there.map_or(Ok(()), |(path, metadata)| check_owner(path, &metadata))
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), Distrust> {
    let uid = metadata.uid();
    if is_trusted(uid) { Ok(()) } else { Err(Distrust::Owner { path: path.to_owned(), uid }) }
}

fn check_dir(path: &Path, metadata: &Metadata) -> Result<(), Distrust> {
    check_owner(path, metadata)?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(Distrust::Writable { path: path.to_owned(), mode });
    }
    Ok(())
}
