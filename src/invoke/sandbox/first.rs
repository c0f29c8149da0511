//! The first process of a sandbox: lays out the root directory, gives up its rights, starts programs as it is told, and
//! reaps what they leave.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command as Process, ExitCode, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, WaitOptions};
use rustix::thread::UnshareFlags;

use super::executable;
use super::mode::{GID, Mode, UID};
use super::mounts;
use super::namespaces;
use super::output::{Outputs, tell};
use super::protocol::{Command, Event, Plan, Program, receive};
use super::refused::{Refused, plan};
use super::tree::{kill_descendants, signal_all};
use crate::work::lock;

/// Programs that run, by their process ids.
#[derive(Default)]
struct Children {
    running: Mutex<BTreeMap<i32, u32>>,
    more: Condvar,
}

pub fn run() -> Result<ExitCode, Refused> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(Refused::at("prctl"))?;
    let plan = plan()?;
    if !plan.own_processes {
        // The others would be left: this process has to end them, when its commands end.
        rustix::process::set_parent_process_death_signal(None).map_err(Refused::at("prctl"))?;
    }
    let proc = namespaces::open_proc()?;
    // The image may lack it.
    let null = File::open("/dev/null").map_err(Refused::at("open /dev/null"))?;
    match plan.mode {
        Mode::Root | Mode::UserNamespaces => {
            rustix::system::sethostname(b"localhost").map_err(Refused::at("set the name of the host"))?;
            mounts::lay_out(&plan)?;
        }
        Mode::Chroot => {
            rustix::process::chroot(&*plan.root).map_err(Refused::at("change the root directory"))?;
            rustix::process::chdir("/").map_err(Refused::at("enter the root directory"))?;
        }
        Mode::Off => {}
    }
    rustix::thread::set_no_new_privs(true).map_err(Refused::at("give up privileges"))?;
    if plan.own_users {
        // Only a process outside of the namespace can map more than one user.
        namespaces::unshare(UnshareFlags::NEWUSER).map_err(Refused::at("unshare a user namespace"))?;
        tell(&Event::Unmapped);
        receive::<Command>(&mut io::stdin()).map_err(Refused::at("map users"))?;
    }
    // The kernel holds the number of processes against the namespace around, too: with the limits of this process until
    // now.
    limit(&plan)?;
    if plan.mode == Mode::UserNamespaces {
        // The second namespace: in it, this user is the function's, without any right in the first.
        namespaces::unshare(UnshareFlags::NEWUSER).map_err(Refused::at("unshare a second user namespace"))?;
        namespaces::map(&proc, (UID, 0), (GID, 0))?;
        rustix::thread::set_capabilities(None, no_capabilities())
            .map_err(Refused::at("drop capabilities"))?;
    }
    // The function's user may not look into this process.
    let hide = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    hide.map_err(Refused::at("hide the first process"))?;
    if !plan.own_processes {
        // Processes that lose their parents are left to this one.
        let adopt = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        adopt.map_err(Refused::at("adopt processes"))?;
    }
    tell(&Event::Ready);
    let children = Arc::new(Children::default());
    let reaping = Arc::clone(&children);
    thread::spawn(move || reap(&reaping));
    let outputs = Arc::new(Outputs::default());
    while let Ok(Some(command)) = receive::<Command>(&mut io::stdin()) {
        match command {
            Command::Mapped => {}
            Command::Freeze { frozen: true } => {
                signal_all(&proc, Signal::STOP);
                outputs.pass_on_all();
                tell(&Event::Frozen);
            }
            Command::Freeze { frozen: false } => signal_all(&proc, Signal::CONT),
            Command::Start { id, program } => start(id, &program, &plan, &null, (&children, &outputs)),
            Command::Signal { id, signal } => children.signal(id, signal),
        }
    }
    if !plan.own_processes {
        kill_descendants(&proc);
    }
    // With the first process of a process namespace, the kernel ends all others.
    Ok(ExitCode::SUCCESS)
}

fn no_capabilities() -> rustix::thread::CapabilitySets {
    let empty = rustix::thread::CapabilitySet::empty();
    rustix::thread::CapabilitySets { effective: empty, permitted: empty, inheritable: empty }
}

fn limit(plan: &Plan) -> Result<(), Refused> {
    let limits =
        [(Resource::Nofile, plan.descriptors), (Resource::Nproc, plan.processes), (Resource::Core, 0)];
    for (resource, most) in limits {
        // Without a sandbox, the processes of this user are counted, those outside too.
        if plan.mode == Mode::Off && resource == Resource::Nproc {
            continue;
        }
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        rustix::process::setrlimit(resource, limit).map_err(Refused::at("limit resources"))?;
    }
    Ok(())
}

fn start(
    id: u32,
    program: &Program,
    plan: &Plan,
    null: &File,
    (children, outputs): (&Children, &Arc<Outputs>),
) {
    let Some((path, arguments)) = program.arguments.split_first() else {
        return tell(&Event::NotStarted {
            id,
            directory: false,
            errno: rustix::io::Errno::NOENT.raw_os_error(),
        });
    };
    if let Err(error) = std::fs::metadata(&program.directory).and_then(|found| match found.is_dir() {
        true => Ok(()),
        false => Err(io::Error::from(rustix::io::Errno::NOTDIR)),
    }) {
        let errno = error.raw_os_error().unwrap_or_default();
        return tell(&Event::NotStarted { id, directory: true, errno });
    }
    if let Err(error) = executable::check(path, program.machine) {
        let errno = error.raw_os_error().unwrap_or_default();
        return tell(&Event::NotStarted { id, directory: false, errno });
    }
    let mut process = Process::new(path);
    process
        .args(arguments)
        .env_clear()
        .envs(program.variables.iter().map(|(name, value)| (name, value)))
        .current_dir(&program.directory)
        .process_group(0)
        .stdin(null.try_clone().map_or_else(|_| Stdio::null(), Stdio::from))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if matches!(plan.mode, Mode::Root | Mode::Chroot) {
        process.uid(UID).gid(GID);
    }
    // Held until the program is listed: it may end sooner.
    let mut running = lock(&children.running);
    match process.spawn() {
        Err(error) => {
            let errno = error.raw_os_error().unwrap_or_default();
            tell(&Event::NotStarted { id, directory: false, errno });
        }
        Ok(mut child) => {
            let pid = child.id().cast_signed();
            running.insert(pid, id);
            tell(&Event::Started { id, pid });
            drop(running);
            children.more.notify_one();
            outputs.pass_on(id, child.stdout.take().map(Into::into), child.stderr.take().map(Into::into));
        }
    }
}

/// Waits for all processes of the sandbox, those that lost their parents too.
fn reap(children: &Children) {
    loop {
        // Seen now, reaped below: while a program is being started, what ends is waited for where it is started.
        let seen = rustix::process::waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let mut running = lock(&children.running);
        match (seen, rustix::process::wait(WaitOptions::NOHANG)) {
            (_, Ok(Some((pid, status)))) => {
                if let Some(id) = running.remove(&pid.as_raw_pid()) {
                    let (code, signal) = (status.exit_status(), status.terminating_signal());
                    tell(&Event::Exited { id, code, signal });
                }
            }
            (Err(rustix::io::Errno::CHILD), Err(_)) => {
                // None is left: wait until there is one.
                while running.is_empty() {
                    running = children.more.wait(running).unwrap_or_else(std::sync::PoisonError::into_inner);
                }
            }
            _ => {}
        }
    }
}

impl Children {
    fn signal(&self, id: u32, signal: i32) {
        let running = lock(&self.running);
        let found = running.iter().find(|(_, other)| **other == id).and_then(|(pid, _)| Pid::from_raw(*pid));
        if let (Some(pid), Some(signal)) = (found, Signal::from_named_raw(signal)) {
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }
}
