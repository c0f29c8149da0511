//! Runs the command of a step: its lines are told as they come, and an interrupt ends it with all that it started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, PipeReader, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::work;

/// How often a command that runs is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// How often one is that has closed its output.
const BRIEF: Duration = Duration::from_millis(1);

/// The looks that a command has to end by itself when the user interrupts: 2 s.
const PATIENCE: usize = 100;

/// The looks for which output is waited for after a command has ended: something that it left behind may hold the
/// pipe for ever.
const LAST_WORDS: usize = 10;

/// The most output that is kept, in bytes; what came last counts.
const OUTPUT_MAX: usize = 8 << 20;

/// Why a command did not run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The host's own.
    #[error(transparent)]
    Host(#[from] io::Error),
    /// The user interrupted.
    #[error(transparent)]
    Interrupted(#[from] work::Interrupted),
}

/// How a script runs.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// In which directory.
    pub dir: &'a Path,
    /// All of its environment, but for the locale and the time zone: those are the same everywhere.
    pub env: &'a BTreeMap<OsString, OsString>,
    /// Set by the user to stop it soon.
    pub interrupted: &'a AtomicBool,
}

/// Runs a script to its end. `hear` gets its lines, of both streams as they come. Its standard input is the empty file
/// `hold`, where there is one: a lock on that stays for as long as something that the script started lives.
///
/// # Errors
/// [`CommandError`]. How it ended, and its last output, are part of the result instead.
pub fn run(
    script: &str,
    how: Execution<'_>,
    hold: Option<File>,
    hear: &mut dyn FnMut(&str),
) -> Result<(ExitStatus, String), CommandError> {
    let (reader, writer) = io::pipe()?;
    let mut command = command(script, how);
    command.stdin(hold.map_or_else(Stdio::null, Stdio::from));
    command.stdout(writer.try_clone()?).stderr(writer);
    to_its_end(command, reader, how.interrupted, hear)
}

/// Runs a script to its end and returns what it printed to standard output, and then what it printed to both.
///
/// # Errors
/// As [`run`].
pub fn capture(script: &str, how: Execution<'_>) -> Result<(ExitStatus, Vec<u8>, String), CommandError> {
    let (reader, writer) = io::pipe()?;
    let mut printed = tempfile::tempfile()?;
    let mut command = command(script, how);
    command.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(writer);
    let (status, said) = to_its_end(command, reader, how.interrupted, &mut |_| ())?;
    let mut bytes = Vec::new();
    printed.seek(SeekFrom::Start(0))?;
    printed.read_to_end(&mut bytes)?;
    let both = String::from_utf8_lossy(&bytes).into_owned() + &said;
    Ok((status, bytes, both))
}

/// Runs a command to its end; `hear` gets the lines that come through its pipe.
fn to_its_end(
    mut command: Command,
    reader: PipeReader,
    interrupted: &AtomicBool,
    hear: &mut dyn FnMut(&str),
) -> Result<(ExitStatus, String), CommandError> {
    let child = command.spawn()?;
    // It holds the other end of the pipe, which would not end.
    drop(command);
    let (sender, lines) = channel();
    let reading = work::detached("output of a step", move || read(reader, &sender));
    let ended = follow(child, &lines, interrupted, hear);
    drop(reading);
    ended
}

fn command(script: &str, how: Execution<'_>) -> Command {
    let mut command = Command::new("sh");
    command.arg("-ec").arg(script).env_clear();
    // What a tool sorts or prints must not depend on where its user lives.
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC").envs(how.env);
    if !how.dir.as_os_str().is_empty() {
        command.current_dir(how.dir);
    }
    // An interrupt is passed on, to all that it started.
    command.process_group(0);
    command
}

/// Sends on what comes, line by line; progress bars end theirs with a carriage return.
fn read(reader: PipeReader, sender: &Sender<Vec<u8>>) {
    let mut reader = BufReader::new(reader);
    loop {
        let Ok(buffer) = reader.fill_buf() else { return };
        if buffer.is_empty() {
            return;
        }
        let mut line = Vec::new();
        let ended = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        line.extend_from_slice(&buffer[..ended.map_or(buffer.len(), |end| end + 1)]);
        reader.consume(line.len());
        if ended.is_none() {
            let mut byte = [0];
            while reader.read(&mut byte).is_ok_and(|count| count > 0) {
                line.push(byte[0]);
                if matches!(byte[0], b'\n' | b'\r') || line.len() > OUTPUT_MAX {
                    break;
                }
            }
        }
        if sender.send(line).is_err() {
            return;
        }
    }
}

/// Passes lines on until the command has ended.
fn follow(
    mut child: Child,
    lines: &Receiver<Vec<u8>>,
    interrupted: &AtomicBool,
    hear: &mut dyn FnMut(&str),
) -> Result<(ExitStatus, String), CommandError> {
    let mut output = String::new();
    let (mut status, mut late, mut asked) = (None, 0, 0);
    loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line);
                output += &line;
                if output.len() > 2 * OUTPUT_MAX {
                    let cut = output.len() - OUTPUT_MAX;
                    output.drain(..(cut..).find(|at| output.is_char_boundary(*at)).unwrap_or_default());
                }
                let text = line.trim_end();
                if !text.is_empty() {
                    hear(text);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                // Nothing is printed any more: mostly it ends now, but it may still work.
                if let Some(status) = status.map_or_else(|| child.try_wait(), |status| Ok(Some(status)))? {
                    return ended(status, output, interrupted);
                }
                std::thread::sleep(BRIEF);
            }
            Err(RecvTimeoutError::Timeout) if status.is_some() => late += 1,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if status.is_none() {
            status = child.try_wait()?;
        }
        if let Some(status) = status.filter(|_| late >= LAST_WORDS) {
            return ended(status, output, interrupted);
        }
        if interrupted.load(Ordering::Relaxed) && status.is_none() {
            stop(&child, if asked < PATIENCE { Signal::TERM } else { Signal::KILL }, asked);
            asked += 1;
        }
    }
}

fn ended(
    status: ExitStatus,
    output: String,
    interrupted: &AtomicBool,
) -> Result<(ExitStatus, String), CommandError> {
    if interrupted.load(Ordering::Relaxed) { Err(work::Interrupted.into()) } else { Ok((status, output)) }
}

/// Asks all that the command started to end, once by each signal.
fn stop(child: &Child, signal: Signal, asked: usize) {
    if (asked == 0 || asked == PATIENCE)
        && let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
    {
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NEVER: AtomicBool = AtomicBool::new(false);

    fn said(script: &str) -> (Option<i32>, Vec<String>) {
        let env = std::env::vars_os().filter(|(name, _)| name == "PATH").collect();
        let how = Execution { dir: Path::new("/"), env: &env, interrupted: &NEVER };
        let mut lines = Vec::new();
        let (status, _) = run(script, how, None, &mut |line| lines.push(line.to_owned())).unwrap();
        (status.code(), lines)
    }

    #[test]
    fn lines_of_both_streams_come_in_order() {
        let (code, lines) = said("echo one; echo two >&2; printf 'a\\rb'; pwd; exit 3");
        assert_eq!((code, lines), (Some(3), ["one", "two", "a", "b/"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_stays_behind_is_not_waited_for() {
        let (code, lines) = said("sleep 600 & echo $!");
        assert_eq!(code, Some(0));
        let pid = lines[0].parse().ok().and_then(Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }

    #[test]
    fn an_interrupt_ends_all_that_was_started() {
        let stop = AtomicBool::new(false);
        let env = std::env::vars_os().filter(|(name, _)| name == "PATH").collect();
        let how = Execution { dir: Path::new("/"), env: &env, interrupted: &stop };
        let mut hear = |_: &str| stop.store(true, Ordering::Relaxed);
        let ended = run("sleep 600 | { echo begun; cat; }", how, None, &mut hear);
        assert!(matches!(ended, Err(CommandError::Interrupted(_))), "{ended:?}");
    }

    #[test]
    fn a_command_that_tells_a_version_can_be_interrupted() {
        let stop = AtomicBool::new(true);
        let env = std::env::vars_os().filter(|(name, _)| name == "PATH").collect();
        let how = Execution { dir: Path::new("/"), env: &env, interrupted: &stop };
        let ended = capture("sleep 600", how);
        assert!(matches!(ended, Err(CommandError::Interrupted(_))), "{ended:?}");
    }

    #[test]
    fn the_environment_is_what_is_given() {
        let env =
            BTreeMap::from([("PATH".into(), std::env::var_os("PATH").unwrap()), ("A".into(), "1".into())]);
        let how = Execution { dir: Path::new("/"), env: &env, interrupted: &NEVER };
        let (_, out, _) = capture("env", how).unwrap();
        let out = String::from_utf8(out).unwrap();
        let mut names: Vec<_> = out.lines().filter_map(|line| line.split('=').next()).collect();
        names.retain(|name| !["PWD", "_", "SHLVL", "OLDPWD"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["A", "LC_ALL", "PATH", "TZ"]);
    }
}
