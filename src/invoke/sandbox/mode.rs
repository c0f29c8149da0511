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

impl Mode {
    /// Its name, as in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Root => "root",
            Mode::UserNamespaces => "user-namespaces",
        }
    }

    /// What Lambda enforces and this mode does not.
    pub fn not_enforced(self) -> &'static [&'static str] {
        match self {
            Mode::Root => &[],
            Mode::UserNamespaces => &["the owner of files is shown as the function's user"],
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
