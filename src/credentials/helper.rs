//! Docker's credential helpers: `docker-credential-NAME get`, with the host on stdin and JSON on stdout. `store` and
//! `erase` work the same way.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Credential;
use crate::progress::{Progress, Silent};
use crate::redact::Secret;
use crate::work;

/// The most that a helper may print, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// The time after which a message says that a helper is slow.
const SOON: Duration = Duration::from_secs(2);

/// What helpers print when they know nothing of a host (docker-credential-helpers,
/// `errCredentialsNotFoundMessage`); some print it on stderr.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// A credential helper that gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("credential helper `{program}` for {host}: {why}")]
#[non_exhaustive]
pub struct HelperError {
    /// The program.
    pub program: String,
    /// The host asked about.
    pub host: String,
    /// What went wrong.
    pub why: String,
}

/// Where helpers are looked for, and how long one may take.
#[derive(Clone)]
pub(super) struct Helpers {
    /// The folder; PATH without one.
    pub(super) folder: Option<PathBuf>,
    pub(super) limit: Duration,
    /// Hears of one that takes its time.
    pub(super) progress: Arc<dyn Progress>,
}

impl Default for Helpers {
    /// Those of PATH: they may ask a person for a password or an agent for a key.
    fn default() -> Self {
        Self { folder: None, limit: Duration::from_secs(60), progress: Arc::new(Silent) }
    }
}

impl Helpers {
    /// Asks the helper called `name` about `host`. `None` where it has nothing for that host.
    pub(super) fn get(&self, name: &str, host: &str) -> Result<Option<Credential>, HelperError> {
        let Some(said) = self.call(name, "get", host, host.as_bytes())? else { return Ok(None) };
        let failed =
            |why| HelperError { program: format!("docker-credential-{name}"), host: host.to_owned(), why };
        parse(&said).map(Some).map_err(failed)
    }

    /// Gives it a user's password for `host`, to keep.
    pub(super) fn store(
        &self,
        name: &str,
        host: &str,
        username: &str,
        password: &Secret,
    ) -> Result<(), HelperError> {
        let given = json!({ "ServerURL": host, "Username": username, "Secret": password.expose() });
        self.call(name, "store", host, given.to_string().as_bytes()).map(|_| ())
    }

    /// Lets it forget what it has for `host`, if it has anything.
    pub(super) fn erase(&self, name: &str, host: &str) -> Result<(), HelperError> {
        self.call(name, "erase", host, host.as_bytes()).map(|_| ())
    }

    fn call(&self, name: &str, verb: &str, host: &str, input: &[u8]) -> Result<Option<String>, HelperError> {
        call(self, name, verb, host, input)
    }
}

/// What the helper called `name` prints to `verb`; `None` where it knows nothing of `host`.
fn call(
    helpers: &Helpers,
    name: &str,
    verb: &str,
    host: &str,
    input: &[u8],
) -> Result<Option<String>, HelperError> {
    let (limit, progress) = (helpers.limit, &helpers.progress);
    let program = format!("docker-credential-{name}");
    let failed = |why: String| HelperError { program: program.clone(), host: host.to_owned(), why };
    // The name comes from a file: it must not reach outside PATH.
    if name.is_empty() || name.contains(['/', '\\']) {
        return Err(failed("its name is not the end of a program's name".into()));
    }
    let place =
        helpers.folder.as_ref().map_or_else(|| PathBuf::from(&program), |folder| folder.join(&program));
    let mut child = Command::new(place)
        .arg(verb)
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
        let _ = stdin.write_all(input);
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
    if status.success() {
        return Ok(Some(texts[0].clone()));
    }
    if texts.iter().any(|text| text.contains(NOT_FOUND)) {
        return Ok(None);
    }
    // Its words may hold a secret, also when it failed.
    Err(failed(format!("{status}; what it printed is not shown, for it may hold a secret")))
}

fn collect(stream: Option<impl Read + Send + 'static>, sender: mpsc::Sender<(usize, String)>, index: usize) {
    // Without a thread it is read here, and the helper's time is its own.
    work::detached("helper", move || {
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
