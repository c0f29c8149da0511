//! Namespaces of the kernel, and the users in them.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::thread::UnshareFlags;

use super::refused::Refused;

/// The directory `/proc` of the host: it can be written to also when a read-only one is mounted over it.
pub fn open_proc() -> Result<OwnedFd, Refused> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open("/proc", flags, Mode::empty()).map_err(Refused::at("open /proc"))
}

/// In the user namespace that this process just made, maps a user and a group: each is its number there and its number
/// in the namespace around it.
pub fn map(proc: &OwnedFd, (uid, of_uid): (u32, u32), (gid, of_gid): (u32, u32)) -> Result<(), Refused> {
    let write = |file: &str, text: String| {
        let written =
            rustix::fs::openat(proc, format!("self/{file}"), OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
                .and_then(|file| rustix::io::write(file, text.as_bytes()));
        written.map(|_| ()).map_err(Refused::at(format!("write /proc/self/{file}")))
    };
    // Without it, a group cannot be mapped without privileges (user_namespaces(7)).
    write("setgroups", "deny".to_owned())?;
    write("gid_map", format!("{gid} {of_gid} 1"))?;
    write("uid_map", format!("{uid} {of_uid} 1"))
}

/// Makes namespaces.
#[allow(unsafe_code)]
pub fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: dangerous with `UnshareFlags::FILES` alone, which no caller here sets.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}
