//! `Mode`: by which means of the kernel a function is shut in, and what that means does not hold.

use std::fmt;

/// The user and group of a function in Lambda.
pub const UID: u32 = 993;
/// The group of a function in Lambda.
pub const GID: u32 = 990;

/// How a function is shut in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As root: namespaces, and a user of its own.
    Root,
    /// Without privileges: two user namespaces, one in the other.
    UserNamespaces,
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
    /// What Lambda enforces and these means do not, for people.
    pub fn not_enforced(self) -> Vec<&'static str> {
        let owners = (self.mode == Mode::UserNamespaces)
            .then_some("files are shown as the property of the function's user");
        let processes = (!self.own_processes).then_some("the function sees the processes of this machine");
        let users = (!self.own_users)
            .then_some("the limit of 1,024 processes holds for all functions of this machine together");
        [owners, processes, users].into_iter().flatten().collect()
    }
}

impl Mode {
    /// Its name, as in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Root => "root",
            Mode::UserNamespaces => "user-namespaces",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
