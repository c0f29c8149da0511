//! `Means`: by what the kernel shuts a function in, and what of Lambda's rules that does not hold.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The user of a function in Lambda.
pub const UID: u32 = 993;
/// The group of a function in Lambda.
pub const GID: u32 = 990;

/// How a function is shut in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// As root: namespaces, and a user of its own.
    Root,
    /// Without privileges: two user namespaces, one in the other.
    UserNamespaces,
    /// As root where nothing can be mounted, as in most containers: a root directory and a user of its own.
    Chroot,
    /// Not at all.
    Off,
}

/// A mode, and what this host allows in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Means {
    /// The mode.
    pub mode: Mode,
    /// Whether a function sees its own processes alone.
    pub own_processes: bool,
    /// Whether a function's processes are counted apart from those of other functions.
    pub own_users: bool,
}

impl Means {
    /// No sandbox.
    pub const OFF: Self = Self { mode: Mode::Off, own_processes: false, own_users: false };

    /// What Lambda enforces and these means do not, for people.
    pub fn not_enforced(self) -> Vec<&'static str> {
        let mut all = match self.mode {
            Mode::Root => Vec::new(),
            Mode::UserNamespaces => vec!["files are shown as the property of the function's user"],
            Mode::Chroot => vec![
                "the root directory is protected by permissions alone",
                "/tmp is as large as the disk",
                "/proc is missing",
            ],
            Mode::Off => {
                return vec![
                    "the function runs as this user on the files of this machine: only memory, time and open files are limited",
                ];
            }
        };
        if !self.own_processes && self.mode != Mode::Chroot {
            all.push("the function sees the processes of this machine");
        }
        if !self.own_users {
            all.push("the limit of 1,024 processes holds for all functions of this machine together");
        }
        all
    }
}

impl Mode {
    /// Whether the function is in namespaces of the kernel.
    pub fn has_namespaces(self) -> bool {
        matches!(self, Mode::Root | Mode::UserNamespaces)
    }

    /// Its name, as in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Root => "root",
            Mode::UserNamespaces => "user-namespaces",
            Mode::Chroot => "chroot",
            Mode::Off => "off",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
