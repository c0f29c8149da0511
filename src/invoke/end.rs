//! `End`: how an environment ends before it was told to, in the words of Lambda.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Signal;
use serde_json::json;

use super::api::Failure;
use super::clock::{since_epoch, utc};
use super::report::Fault;
use crate::work::Interrupted;

/// What logs and telemetry call an environment that used too much memory. Callers get `Runtime.ExitError`.
pub const OUT_OF_MEMORY: &str = "Runtime.OutOfMemory";

/// Why an environment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It took longer than this.
    Timeout(Duration),
    /// The runtime reported that it cannot begin.
    Reported(Failure),
    /// A program ended; the runtime if `extension` is `None`.
    Exited {
        /// Which.
        extension: Option<String>,
        /// Its exit code.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
    /// A program cannot be started.
    NotStarted {
        /// Which; the runtime if it is `None`.
        extension: Option<String>,
        /// Whether for want of its working directory.
        directory: bool,
        /// The host's error number.
        errno: i32,
    },
    /// An extension reported an error.
    ExtensionReported {
        /// Which.
        name: String,
        /// The type that it gave.
        error_type: String,
        /// Whether it failed to begin.
        init: bool,
    },
    /// The runtime was ended, for it and what it started used too much memory.
    OutOfMemory,
    /// The user does not wait for its end.
    Stopped,
    /// The sandbox ended.
    Gone,
}

impl End {
    /// The error that a caller gets.
    pub fn failure(&self, request_id: &str) -> Failure {
        let (error_type, text) = match self.worded() {
            Ok(worded) => worded,
            Err(failure) => return failure.clone(),
        };
        let message = message(request_id, &text);
        let payload = json!({ "errorType": error_type, "errorMessage": message }).to_string().into_bytes();
        Failure { error_type: error_type.to_owned(), payload }
    }

    /// How the lines of the log and telemetry call it.
    pub fn fault(&self) -> Fault {
        match (self, self.worded()) {
            (End::Timeout(_), _) => Fault::Timeout,
            (End::OutOfMemory, _) => Fault::Error(OUT_OF_MEMORY.to_owned()),
            (_, Ok((error_type, _))) => Fault::Error(error_type.to_owned()),
            (_, Err(failure)) => Fault::Error(failure.error_type.clone()),
        }
    }

    /// What Lambda writes of it into the log of an event; of what the runtime reported, it writes nothing.
    pub fn log(&self, request_id: &str) -> Option<String> {
        let (error_type, text) = self.worded().ok()?;
        Some(match self {
            End::Timeout(_) => format!("{} {request_id} {text}\n", utc(since_epoch())),
            _ => format!("{}\n{error_type}", message(request_id, &text)),
        })
    }

    /// Type and words (types: the emulator's `fatalerror.go`), or what the runtime reported.
    fn worded(&self) -> Result<(&'static str, String), &Failure> {
        Ok(match self {
            End::Reported(failure) => return Err(failure),
            End::Timeout(limit) => {
                ("Sandbox.Timedout", format!("Task timed out after {:.2} seconds", limit.as_secs_f64()))
            }
            End::Exited { extension: None, code, signal } => {
                ("Runtime.ExitError", exited("Runtime", *code, *signal))
            }
            End::Exited { extension: Some(name), code, signal } => {
                ("Extension.Crash", exited(&format!("Extension {name}"), *code, *signal))
            }
            End::NotStarted { extension: None, directory: true, errno } => {
                ("Runtime.InvalidWorkingDir", format!("chdir: {}", host_error(*errno)))
            }
            End::NotStarted { extension: None, directory: false, errno } => {
                ("Runtime.InvalidEntrypoint", format!("fork/exec: {}", host_error(*errno)))
            }
            End::NotStarted { extension: Some(name), errno, .. } => {
                ("Extension.LaunchError", format!("fork/exec /opt/extensions/{name}: {}", host_error(*errno)))
            }
            End::ExtensionReported { name, error_type, init } => {
                let kind = if *init { "Extension.InitError" } else { "Extension.ExitError" };
                (kind, format!("extension {name} reported {error_type}"))
            }
            End::OutOfMemory => ("Runtime.ExitError", exited("Runtime", None, Some(Signal::KILL.as_raw()))),
            End::Stopped => ("Sandbox.Failure", Interrupted.to_string()),
            End::Gone => ("Sandbox.Failure", "the sandbox ended".to_owned()),
        })
    }
}

fn message(request_id: &str, text: &str) -> String {
    format!("RequestId: {request_id} Error: {text}")
}

fn exited(what: &str, code: Option<i32>, signal: Option<i32>) -> String {
    match (code, signal) {
        (Some(0), _) => format!("{what} exited without providing a reason"),
        (Some(code), _) => format!("{what} exited with error: exit status {code}"),
        (None, Some(signal)) => format!("{what} exited with error: signal: {}", signal_name(signal)),
        (None, None) => format!("{what} exited"),
    }
}

/// As Go calls signals, for Lambda does.
fn signal_name(signal: i32) -> String {
    match signal {
        1 => "hangup".to_owned(),
        2 => "interrupt".to_owned(),
        4 => "illegal instruction".to_owned(),
        6 => "aborted".to_owned(),
        7 => "bus error".to_owned(),
        8 => "floating point exception".to_owned(),
        9 => "killed".to_owned(),
        11 => "segmentation fault".to_owned(),
        13 => "broken pipe".to_owned(),
        15 => "terminated".to_owned(),
        other => format!("signal {other}"),
    }
}

/// As Go writes errors of the host.
fn host_error(errno: i32) -> String {
    match Errno::from_raw_os_error(errno) {
        Errno::NOENT => "no such file or directory".to_owned(),
        Errno::ACCESS => "permission denied".to_owned(),
        Errno::NOEXEC => "exec format error".to_owned(),
        Errno::NOTDIR => "not a directory".to_owned(),
        Errno::LOOP => "too many levels of symbolic links".to_owned(),
        Errno::AGAIN => "resource temporarily unavailable".to_owned(),
        Errno::NOMEM => "cannot allocate memory".to_owned(),
        other => std::io::Error::from(other).to_string(),
    }
}
