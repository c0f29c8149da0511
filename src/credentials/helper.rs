//! Docker's credential helpers: `docker-credential-NAME get`, the host on stdin, JSON on stdout.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Credential;
use crate::progress::Progress;
use crate::redact::Secret;

/// The most that a helper may print, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// The time that a helper may take before anybody wonders.
const SOON: Duration = Duration::from_secs(2);

/// What helpers print when they know nothing of a host (docker-credential-helpers,
/// `errCredentialsNotFoundMessage`); some print it on stderr.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// A credential helper that gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("credential helper `{program}` for {host}: {why}")]
pub struct HelperError {
    /// The program.
    pub program: String,
    /// The host asked about.
    pub host: String,
    /// What went wrong.
    pub why: String,
}

/// Asks the helper called `name`, of `folder` or of PATH, about `host`. `None` where it has nothing
/// for that host.
pub(super) fn get(
    name: &str,
    host: &str,
    folder: Option<&Path>,
    limit: Duration,
    progress: &dyn Progress,
) -> Result<Option<Credential>, HelperError> {
    let program = format!("docker-credential-{name}");
    let failed = |why: String| HelperError { program: program.clone(), host: host.to_owned(), why };
    // The name comes from a file: it must not reach outside PATH.
    if name.is_empty() || name.contains(['/', '\\']) {
        return Err(failed("its name is not the end of a program's name".into()));
    }
    let place = folder.map_or_else(|| PathBuf::from(&program), |folder| folder.join(&program));
    let mut child = Command::new(place)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => failed("it is not installed (looked in PATH)".into()),
            _ => failed(cause.to_string()),
        })?;
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that asks for nothing closes its input: no failure of ours.
        let _ = stdin.write_all(host.as_bytes());
    }
    collect(child.stdout.take(), sender.clone(), 0);
    collect(child.stderr.take(), sender, 1);
    let deadline = Instant::now() + limit;
    let mut texts = [String::new(), String::new()];
    let (mut got, mut patience) = (0, SOON.min(limit));
    while got < 2 {
        match receiver.recv_timeout(patience) {
            Ok((index, text)) => {
                texts[index] = text;
                got += 1;
            }
            Err(_) if Instant::now() < deadline => {
                // It may be asking a person, who should know whom it keeps waiting.
                progress.waiting(&program, limit);
                patience = deadline.saturating_duration_since(Instant::now());
            }
            Err(_) => return Err(failed(stop(&mut child, limit))),
        }
    }
    let status = loop {
        match child.try_wait().map_err(|cause| failed(cause.to_string()))? {
            Some(status) => break status,
            None if Instant::now() > deadline => return Err(failed(stop(&mut child, limit))),
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let [stdout, stderr] = &texts;
    if status.success() {
        return parse(stdout).map(Some).map_err(failed);
    }
    if stdout.contains(NOT_FOUND) || stderr.contains(NOT_FOUND) {
        return Ok(None);
    }
    // Its words may hold a secret, also when it failed.
    Err(failed(format!("{status}; what it printed is not shown, for it may hold a secret")))
}

fn collect(stream: Option<impl Read + Send + 'static>, sender: mpsc::Sender<(usize, String)>, index: usize) {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let _ = stream.take(LIMIT).read_to_end(&mut bytes);
        }
        let _ = sender.send((index, String::from_utf8_lossy(&bytes).into_owned()));
    });
}

fn stop(child: &mut Child, limit: Duration) -> String {
    let _ = child.kill();
    let _ = child.wait();
    format!("no answer within {} s", limit.as_secs_f32())
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

fn parse(stdout: &str) -> Result<Credential, String> {
    // serde's message could quote the answer, which is a secret.
    let answer: Answer = serde_json::from_str(stdout)
        .map_err(|_| "its answer is not the JSON of the helper protocol".to_owned())?;
    let secret = Secret::new(answer.secret);
    match (answer.username.as_str(), secret.is_empty()) {
        (_, true) => Err("its answer has no secret".into()),
        ("<token>", false) => Ok(Credential::Identity(secret)),
        _ => Ok(Credential::Basic { username: answer.username, password: secret }),
    }
}
