//! A sandbox: namespaces of the kernel in which an image's programs run as Lambda runs them, made without a daemon and,
//! where it must be, without privileges.
//!
//! For one's own functions: it shows what Lambda would refuse. It is not a wall against hostile code.

mod enter;
mod error;
mod executable;
mod first;
mod mode;
mod mounts;
mod namespaces;
mod network;
mod output;
mod protocol;
mod refused;
mod tree;

use std::fs;
use std::io::{self, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags};

pub use self::enter::enter;
pub use self::error::SandboxError;
pub use self::mode::{GID, Means, Mode, UID};
use self::protocol::{Command, receive, send};
pub use self::protocol::{Event, Plan, Program};
use super::processes::children;
use crate::work::lock;

/// The best means that this host allows, found by trying.
///
/// # Errors
/// [`SandboxError`], that of the mode which was tried first.
pub fn find_means() -> Result<Means, SandboxError> {
    let root = tempfile::tempdir().map_err(SandboxError::Start)?;
    for dir in ["dev", "proc", "tmp"] {
        fs::create_dir(root.path().join(dir)).map_err(SandboxError::Start)?;
    }
    let mut first = None;
    for means in candidates(rustix::process::geteuid().is_root()) {
        let plan = Plan {
            mode: means.mode,
            own_users: means.mode == Mode::Root && means.own_users,
            own_processes: means.own_processes,
            own_network: false,
            root: root.path().to_string_lossy().into_owned(),
            tmp_size: 1 << 20,
            files: Vec::new(),
            descriptors: 64,
            processes: 64,
        };
        match Sandbox::start(&plan, |_| false) {
            Ok(_) => return Ok(means),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| SandboxError::Start(io::ErrorKind::Unsupported.into())))
}

/// The best first.
fn candidates(is_root: bool) -> Vec<Means> {
    let mut all = Vec::new();
    for own_processes in [true, false] {
        let root = |own_users| Means { mode: Mode::Root, own_processes, own_users };
        all.extend([root(true), root(false)].into_iter().filter(|_| is_root));
    }
    all.extend([true, false].map(|own_processes| Means {
        mode: Mode::UserNamespaces,
        own_processes,
        own_users: true,
    }));
    all.extend(is_root.then_some(Means { mode: Mode::Chroot, own_processes: false, own_users: false }));
    all
}

/// Gives a process, in the user namespace that it made, all users and groups of this one, under their own numbers.
fn map_all(pid: u32) -> io::Result<()> {
    for file in ["uid_map", "gid_map"] {
        let own = fs::read_to_string(Path::new("/proc/self").join(file))?;
        let mut lines = String::new();
        for line in own.lines() {
            if let [inside, _, count] = line.split_whitespace().collect::<Vec<_>>()[..] {
                lines += &format!("{inside} {inside} {count}\n");
            }
        }
        fs::write(format!("/proc/{pid}/{file}"), lines)?;
    }
    Ok(())
}

/// A sandbox that runs. Everything in it ends with the value.
pub struct Sandbox {
    outer: Child,
    commands: Commands,
    listener: Option<TcpListener>,
}

/// Where commands go. Cheap to clone.
#[derive(Clone)]
pub struct Commands(Arc<Mutex<Option<ChildStdin>>>);

impl Sandbox {
    /// Makes a sandbox. `hear` gets what happens in it, in order, and says whether it listens on; `None` is the end.
    ///
    /// # Errors
    /// [`SandboxError`].
    pub fn start(
        plan: &Plan,
        hear: impl Fn(Option<Event>) -> bool + Send + 'static,
    ) -> Result<Self, SandboxError> {
        let mut outer = Process::new("/proc/self/exe")
            .arg(enter::argument())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(SandboxError::Start)?;
        let (stdin, stdout) = (outer.stdin.take(), outer.stdout.take());
        let commands = Commands(Arc::new(Mutex::new(stdin)));
        let mut sandbox = Self { outer, commands, listener: None };
        sandbox.commands.send(plan).map_err(SandboxError::Start)?;
        let mut stdout =
            BufReader::new(stdout.ok_or_else(|| SandboxError::Start(io::ErrorKind::BrokenPipe.into()))?);
        let mut event = receive(&mut stdout).map_err(SandboxError::Start)?;
        if let Some(Event::Listening { descriptor }) = event {
            let taken = sandbox.take_listener(descriptor);
            taken.map_err(|source| SandboxError::Refused { step: "take the port".to_owned(), source })?;
            event = receive(&mut stdout).map_err(SandboxError::Start)?;
        }
        if event == Some(Event::Unmapped) {
            let first = children(sandbox.pid()).pop().unwrap_or_default();
            map_all(first)
                .map_err(|source| SandboxError::Refused { step: "map users".to_owned(), source })?;
            sandbox.commands.send(&Command::Mapped).map_err(SandboxError::Start)?;
            event = receive(&mut stdout).map_err(SandboxError::Start)?;
        }
        match event {
            Some(Event::Ready) => {}
            Some(Event::Refused { step, errno }) => {
                return Err(SandboxError::Refused { step, source: io::Error::from_raw_os_error(errno) });
            }
            _ => return Err(SandboxError::Start(io::ErrorKind::UnexpectedEof.into())),
        }
        thread::spawn(move || {
            while let Ok(Some(event)) = receive(&mut stdout) {
                if !hear(Some(event)) {
                    return;
                }
            }
            hear(None);
        });
        Ok(sandbox)
    }

    fn take_listener(&mut self, descriptor: i32) -> io::Result<()> {
        let pid = Pid::from_child(&self.outer);
        let process = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        let taken = rustix::process::pidfd_getfd(process, descriptor, PidfdGetfdFlags::empty())?;
        self.listener = Some(taken.into());
        Ok(())
    }

    /// Where the Runtime API is served, in a sandbox with a network of its own.
    pub fn listener(&mut self) -> Option<TcpListener> {
        self.listener.take()
    }

    /// Where commands go.
    pub fn commands(&self) -> Commands {
        self.commands.clone()
    }

    /// The process id of the sandbox here: all that runs in it descends from it.
    pub fn pid(&self) -> u32 {
        self.outer.id()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The end of the commands ends the first process, and with it all others.
        drop(lock(&self.commands.0).take());
        let _ = self.outer.wait();
    }
}

impl Commands {
    /// Starts a program, which events call `id`.
    pub fn start(&self, id: u32, program: Program) {
        // A sandbox that is gone says so by the end of its events.
        let _ = self.send(&Command::Start { id, program });
    }

    /// Sends a signal to a program and its process group.
    pub fn signal(&self, id: u32, signal: rustix::process::Signal) {
        let _ = self.send(&Command::Signal { id, signal: signal.as_raw() });
    }

    /// Stops all processes, or lets them go on.
    pub fn freeze(&self, frozen: bool) {
        let _ = self.send(&Command::Freeze { frozen });
    }

    fn send(&self, frame: &impl serde::Serialize) -> io::Result<()> {
        match &mut *lock(&self.0) {
            Some(stdin) => send(stdin as &mut dyn Write, frame),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}
