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
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::{Command as Process, ExitCode, Stdio};

use rustix::thread::UnshareFlags;

use super::first;
use super::mode::Mode;
use super::namespaces::{map, open_proc, unshare};
use super::network;
use super::protocol::{Event, Plan, send};
use super::refused::{Refused, plan};

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

fn outer() -> Result<ExitCode, Refused> {
    // With the program that invokes, its end of stdin goes, and with that everything here. (A death signal would come
    // with the thread that started this process.)
    let plan = plan()?;
    // Held until the sandbox ends: the program that invokes takes a copy.
    let _listener = if plan.mode.has_namespaces() { make_namespaces(&plan)? } else { None };
    let mut first = Process::new("/proc/self/exe")
        .arg(FIRST)
        .env_clear()
        .stdin(Stdio::piped())
        .spawn()
        .map_err(Refused::at("start the first process"))?;
    // Events are the first process's to tell: where it ends, they end.
    close_stdout().map_err(Refused::at("close the events"))?;
    if let Some(stdin) = &mut first.stdin {
        send(stdin, &plan).map_err(Refused::at("send the plan"))?;
        // Commands as they come; their end is that of the sandbox.
        let _ = io::copy(&mut RawStdin, stdin);
    }
    let _ = first.kill();
    let _ = first.wait();
    Ok(ExitCode::SUCCESS)
}

fn make_namespaces(plan: &Plan) -> Result<Option<TcpListener>, Refused> {
    let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let mut flags = UnshareFlags::NEWNS | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    flags.set(UnshareFlags::NEWUSER, plan.mode == Mode::UserNamespaces);
    flags.set(UnshareFlags::NEWPID, plan.own_processes);
    flags.set(UnshareFlags::NEWNET, plan.own_network);
    unshare(flags).map_err(Refused::at("unshare"))?;
    if plan.mode == Mode::UserNamespaces {
        // Root of the outer namespace is this user: it may mount.
        let proc = open_proc()?;
        map(&proc, (0, uid), (0, gid))?;
    }
    if !plan.own_network {
        return Ok(None);
    }
    let listener = network::listen()?;
    let told = Event::Listening { descriptor: listener.as_raw_fd() };
    send(&mut io::stdout(), &told).map_err(Refused::at("tell the port"))?;
    Ok(Some(listener))
}

fn close_stdout() -> io::Result<()> {
    Ok(rustix::stdio::dup2_stdout(std::fs::File::open("/dev/null")?)?)
}

struct RawStdin;

impl Read for RawStdin {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), buf)?)
    }
}
