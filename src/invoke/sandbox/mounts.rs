//! The file systems of a sandbox: the image's files, read-only, and what Lambda lays over them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use super::mode::{GID, Mode, UID};
use super::protocol::Plan;
use super::refused::Refused;

/// The devices that a function sees. There is no `/dev/shm`.
const DEVICES: [&str; 5] = ["full", "null", "random", "urandom", "zero"];
/// Links of `/dev`.
const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// Where the host's files are until they are out of sight: a directory that every image has.
const OLD: &str = "tmp";

/// Makes the image's files the root directory of this process.
///
/// # Errors
/// The step that the host refused.
pub fn lay_out(plan: &Plan) -> Result<(), Refused> {
    let root = Path::new(&plan.root);
    let at = |step: &str| Refused::at::<rustix::io::Errno>(step.to_owned());
    // No mount of the sandbox is to reach the host.
    rustix::mount::mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)
        .map_err(at("make mounts private"))?;
    // What is laid over is prepared in a file system of its own, above the image's /tmp.
    let tmp = root.join("tmp");
    rustix::mount::mount_bind(root, root).map_err(at("bind the root directory"))?;
    mount_tmpfs(&tmp, "size=8m,mode=0755").map_err(at("mount a file system for /dev"))?;
    let dev = tmp.join("dev");
    devices(&dev)?;
    for (path, text) in &plan.files {
        let file = tmp.join(path.replace('/', "-"));
        let write = || File::create(&file)?.write_all(text.as_bytes());
        write().map_err(Refused::at(format!("write /{path}")))?;
        let over = root.join(path);
        rustix::mount::mount_bind(&file, &over).map_err(at(&format!("bind /{path}")))?;
        remount(&over, MountFlags::empty()).map_err(at(&format!("make /{path} read-only")))?;
    }
    rustix::mount::mount_bind_recursive(&dev, root.join("dev")).map_err(at("bind /dev"))?;
    remount(&root.join("dev"), MountFlags::empty()).map_err(at("make /dev read-only"))?;
    proc(plan, &root.join("proc"))?;
    remount(root, MountFlags::NODEV).map_err(at("make the root directory read-only"))?;
    rustix::mount::unmount(&tmp, UnmountFlags::DETACH).map_err(at("unmount the file system for /dev"))?;
    rustix::process::chdir(root).map_err(at("enter the root directory"))?;
    rustix::process::pivot_root(".", OLD).map_err(at("change the root directory"))?;
    rustix::process::chdir("/").map_err(at("enter the root directory"))?;
    rustix::mount::unmount(&*format!("/{OLD}"), UnmountFlags::DETACH)
        .map_err(at("unmount the host's files"))?;
    mount_tmpfs(Path::new("/tmp"), &tmp_options(plan)).map_err(at("mount /tmp"))
}

/// `/tmp` belongs to the function's user. Without privileges that is root of the outer namespace.
fn tmp_options(plan: &Plan) -> String {
    let (uid, gid) = if plan.mode == Mode::UserNamespaces { (0, 0) } else { (UID, GID) };
    format!("size={},mode=0700,uid={uid},gid={gid}", plan.tmp_size)
}

fn mount_tmpfs(at: &Path, options: &str) -> rustix::io::Result<()> {
    let options = std::ffi::CString::new(options).map_err(|_| rustix::io::Errno::INVAL)?;
    rustix::mount::mount("tmpfs", at, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, &*options)
}

fn devices(dev: &Path) -> Result<(), Refused> {
    fs::create_dir(dev).map_err(Refused::at("make /dev"))?;
    for name in DEVICES {
        let (host, here) = (Path::new("/dev").join(name), dev.join(name));
        File::create(&here).map_err(Refused::at(format!("make /dev/{name}")))?;
        // A device can be bound, not made, without privileges.
        rustix::mount::mount_bind(&host, &here).map_err(Refused::at(format!("bind /dev/{name}")))?;
    }
    for (name, target) in LINKS {
        std::os::unix::fs::symlink(target, dev.join(name))
            .map_err(Refused::at(format!("make /dev/{name}")))?;
    }
    Ok(())
}

fn proc(plan: &Plan, at: &Path) -> Result<(), Refused> {
    if plan.own_processes {
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RDONLY;
        return rustix::mount::mount("proc", at, "proc", flags, None).map_err(Refused::at("mount /proc"));
    }
    // In a container, a new one is refused where the container's has hidden paths: its own is shown.
    rustix::mount::mount_bind_recursive("/proc", at).map_err(Refused::at("bind /proc"))
}

/// Makes a mount read-only. In a user namespace, flags that the host's mount has must be given again.
fn remount(at: &Path, more: MountFlags) -> rustix::io::Result<()> {
    let has = rustix::fs::statvfs(at)?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | more;
    flags.set(MountFlags::NODEV, more.contains(MountFlags::NODEV) || has.contains(StatVfsMountFlags::NODEV));
    flags.set(MountFlags::NOEXEC, has.contains(StatVfsMountFlags::NOEXEC));
    flags.set(MountFlags::NOATIME, has.contains(StatVfsMountFlags::NOATIME));
    flags.set(MountFlags::NODIRATIME, has.contains(StatVfsMountFlags::NODIRATIME));
    flags.set(MountFlags::RELATIME, has.contains(StatVfsMountFlags::RELATIME));
    rustix::mount::mount_remount(at, flags, "")
}
