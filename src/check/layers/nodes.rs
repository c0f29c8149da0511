//! Checks: devices, set-id programs, extended attributes, and kinds of entries that POSIX does not have.

use super::faults::{counted, of_distribution};
use crate::check::{Check, Evidence, Fault, Group, Level, Subject};
use crate::survey::{Entry, Kind};

/// Devices and pipes: nothing says what becomes of them.
pub const DEVICE: Check = Check {
    id: "device",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("device"),
    run: device,
};

/// Set-user-id and set-group-id bits: the function runs as a user without privileges.
pub const SET_ID: Check = Check {
    id: "set-id",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("set-id"),
    run: set_id,
};

/// Extended attributes, such as file capabilities: nothing says that they survive.
pub const XATTR: Check = Check {
    id: "xattr",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("xattr"),
    run: xattr,
};

/// Sparse files and kinds that are not POSIX's: not all readers know them.
pub const TAR_KIND: Check = Check {
    id: "tar-kind",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("tar-kind"),
    run: tar_kind,
};

fn device(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |_, entry: &Entry| {
        matches!(entry.kind, Kind::CharDevice | Kind::BlockDevice | Kind::Fifo)
            && !of_distribution(entry.name())
    };
    counted(subject, is, "a device or a named pipe", "leave it out; Lambda has its own `/dev`")
}

fn set_id(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |_, entry: &Entry| {
        let own = matches!(entry.kind, Kind::File | Kind::HardLink) && entry.mode & 0o6000 != 0;
        own && !of_distribution(entry.name())
    };
    let fix = "clear the bits with `chmod ug-s`: the function runs as one user without privileges";
    counted(subject, is, "a program with set-id bits", fix)
}

fn xattr(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |_, entry: &Entry| entry.xattrs().next().is_some() && !of_distribution(entry.name());
    counted(subject, is, "an entry with extended attributes", "pack without them: `tar --no-xattrs`")
}

fn tar_kind(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |_, entry: &Entry| matches!(entry.kind, Kind::Sparse | Kind::Other(_));
    let fix = "pack regular files: `tar` without `--sparse` and `--multi-volume`";
    counted(subject, is, "a sparse file or of a type that POSIX does not define", fix)
}
