//! The inside of a sandbox: this program, started again by itself, becomes the sandbox's first process.
//!
//! ```text
//! lambda-img ──starts──→ outer: new namespaces ──starts──→ first: mounts, new root, user 993 ──starts──→ the function
//!     └──────────────────────── commands (stdin), events (stdout) ─────────┘
//! ```
//!
//! Two processes, for a process namespace begins with the child of the process that makes it. Each has one thread when
//! it makes namespaces, as the kernel asks (unshare(2)).

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::process::{Command as Process, ExitCode, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;
use rustix::thread::UnshareFlags;

use super::first;
use super::protocol::{Event, Plan, receive, send};

/// The words that make this program a part of a sandbox, as its only argument.
const OUTER: &str = "\u{1}lambda-img sandbox: outer";
const FIRST: &str = "\u{1}lambda-img sandbox: first";

/// The argument with which a program starts itself as a sandbox.
pub fn argument() -> &'static str {
    OUTER
}

/// Where this process was started as a part of a sandbox, does that part and returns how it ended. A program that
/// invokes functions calls this before all else in `main`.
pub fn enter(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> Option<ExitCode> {
    let part = match arguments.nth(1)?.to_str()? {
        OUTER => outer as fn() -> Result<ExitCode, Refused>,
        FIRST => first::run,
        _ => return None,
    };
    Some(part().unwrap_or_else(|refused| {
        let event = Event::Refused { step: refused.step, errno: refused.errno };
        // A reader that is gone needs no answer.
        let _ = send(&mut io::stdout(), &event);
        ExitCode::FAILURE
    }))
}

/// A step of making a sandbox that the host refused.
pub struct Refused {
    pub step: String,
    pub errno: i32,
}

impl Refused {
    /// For `map_err`.
    pub fn at<E: Into<io::Error>>(step: impl Into<String>) -> impl FnOnce(E) -> Self {
        let step = step.into();
        move |error| Self { step, errno: error.into().raw_os_error().unwrap_or_default() }
    }
}

/// Reads the plan, byte for byte: what follows it on stdin belongs to the next process.
pub fn plan() -> Result<Plan, Refused> {
    struct Stdin;
    impl Read for Stdin {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            Ok(rustix::io::read(rustix::stdio::stdin(), buf)?)
        }
    }
    receive(&mut Stdin)
        .and_then(|plan| plan.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
        .map_err(Refused::at("read the plan"))
}

fn outer() -> Result<ExitCode, Refused> {
    // With the program that invokes, everything ends.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(Refused::at("prctl"))?;
    let plan = plan()?;
    let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let mut flags = UnshareFlags::NEWNS | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    flags.set(UnshareFlags::NEWUSER, plan.unprivileged);
    flags.set(UnshareFlags::NEWPID, plan.own_processes);
    flags.set(UnshareFlags::NEWNET, plan.own_network);
    unshare(flags).map_err(Refused::at("unshare"))?;
    if plan.unprivileged {
        // Root of the outer namespace is this user: it may mount.
        let proc = open_proc()?;
        map(&proc, (0, uid), (0, gid))?;
    }
    let mut first = Process::new("/proc/self/exe")
        .arg(FIRST)
        .env_clear()
        .stdin(Stdio::piped())
        .spawn()
        .map_err(Refused::at("start the first process"))?;
    if let Some(stdin) = &mut first.stdin {
        send(stdin, &plan).map_err(Refused::at("send the plan"))?;
        // Commands as they come; their end is that of the sandbox.
        let _ = io::copy(&mut RawStdin, stdin);
    }
    let _ = first.kill();
    let _ = first.wait();
    Ok(ExitCode::SUCCESS)
}

struct RawStdin;

impl Read for RawStdin {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), buf)?)
    }
}

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
