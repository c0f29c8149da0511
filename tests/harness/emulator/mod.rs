//! A registry on a real socket, with ECR's quirks as named switches and faults by script.

mod answers;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use lambda_img::digest::Digest;

use super::common::PATIENCE;

/// The quirks of `docs/reference/lambda-and-ecr.md`, "How ECR's registry behaves", one row each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    PatchAnswers201,
    RangeIsStuckAtFirstChunk,
    PartsUnder5MiBAreTooSmall,
    PatchOfBrokenSessionIs416,
    EmptyPutAnswers500Once,
    ManifestPutHasNoLocation,
    ManifestPutAnswers401Once,
    RepositoryMustExist,
    CreateOnPush,
    MountNeedsTheAccountSetting,
    TagsAreImmutable,
    /// The same of single tags, the others of the repository may move.
    SomeTagsAreImmutable,
    ManifestsWithSubjectAre405,
    TagsListIsCappedAt1000,
    /// It has the referrers API of OCI 1.1, two entries a page.
    HasReferrers,
    ConvertsForClientsOfDockerAlone,
    ThrottlesOnce,
    BlobsRedirectToStorage,
    HasNoDigestHeader,
    WholeBlobsAreRefused,
    /// A proxy in front says 413 after the headers and reads no more.
    ProxyRefusesWholeBlobsUnread,
    PatchIsNotSupported,
    UploadLocationIsRelative,
}

impl Quirk {
    /// Those of ECR that hold at the same time.
    pub const TOGETHER: [Quirk; 12] = [
        Quirk::PatchAnswers201,
        Quirk::RangeIsStuckAtFirstChunk,
        Quirk::PartsUnder5MiBAreTooSmall,
        Quirk::PatchOfBrokenSessionIs416,
        Quirk::EmptyPutAnswers500Once,
        Quirk::ManifestPutHasNoLocation,
        Quirk::RepositoryMustExist,
        Quirk::MountNeedsTheAccountSetting,
        Quirk::TagsAreImmutable,
        Quirk::ConvertsForClientsOfDockerAlone,
        Quirk::ThrottlesOnce,
        Quirk::UploadLocationIsRelative,
    ];
}

/// What the emulator does instead of answering as a registry.
#[derive(Clone)]
pub enum Fault {
    /// Answers so.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Closes the connection before an answer.
    Drop,
    /// Sends only so many bytes of the right answer's body, then closes.
    Cut(usize),
    /// Answers nothing for this long.
    Stall(Duration),
    /// Sends the right answer with its last byte changed.
    Lie,
    /// Sends the right answer after this long.
    Late(Duration),
    /// Sends the right answer when so many requests wait at once, and then this long after.
    Together(usize, Duration),
    /// Sends the right answer in five pieces, this long apart.
    Slow(Duration),
    /// Sends the right answer a byte at a time, this long apart.
    Drip(Duration),
    /// Sends a body without end.
    Endless,
}

struct Rule {
    line: String,
    times: usize,
    fault: Fault,
}

#[derive(Default)]
pub struct State {
    pub repositories: BTreeSet<String>,
    pub blobs: BTreeMap<(String, String), Vec<u8>>,
    /// (repository, tag or digest) → media type and bytes.
    pub manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    pub quirks: BTreeSet<Quirk>,
    /// What each Authorization must begin with, and the `WWW-Authenticate` that asks.
    pub auth: Option<(String, String)>,
    pub storage: Option<String>,
    /// The most tags that a page of a list has.
    pub tags_of_a_page: Option<usize>,
    uploads: BTreeMap<usize, (Vec<u8>, bool)>,
    rules: Vec<Rule>,
    names: BTreeMap<String, String>,
    sizes: BTreeMap<usize, String>,
    log: Vec<String>,
    /// Requests that wait for their answers now, and the most that ever did.
    waiting: (usize, usize),
    spent: BTreeSet<Quirk>,
    next: usize,
}

impl State {
    /// From now on nothing goes wrong.
    pub fn forget_faults(&mut self) {
        self.rules.clear();
    }

    /// The most requests that waited for their answers at once, since the last call.
    pub fn most_at_once(&mut self) -> usize {
        std::mem::take(&mut self.waiting.1)
    }

    /// How many lines of the log, since it was taken last, have this.
    pub fn count(&self, line: &str) -> usize {
        self.log.iter().filter(|asked| asked.contains(line)).count()
    }

    /// How many requests are still to meet a fault.
    pub fn rules_left(&self) -> usize {
        self.rules.iter().map(|rule| rule.times).sum()
    }
}

pub struct Emulator {
    pub host: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told of each request.
    asked: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Waits until a request has made it so.
    fn until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let waited = self.asked.wait_timeout_while(self.state(), PATIENCE, |state| !is_so(state)).unwrap();
        assert!(!waited.1.timed_out(), "waited in vain: {what}: {:#?}", waited.0.log);
    }
}

pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    whole: bool,
    unread: bool,
}

pub struct Answer(pub u16, pub Vec<(String, String)>, pub Vec<u8>);

impl Emulator {
    pub fn start(quirks: &[Quirk]) -> Self {
        Self::start_with(quirks, None)
    }

    /// One that speaks TLS with this certificate and key (PEM files).
    #[cfg(feature = "aws")]
    pub fn start_tls(quirks: &[Quirk], certificate: &std::path::Path, key: &std::path::Path) -> Self {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::start_with(quirks, Some(Arc::new(config)))
    }

    /// One that speaks TLS as `tls` says.
    pub fn start_with(quirks: &[Quirk], tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        shared.state().quirks.extend(quirks);
        let served = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, tls) = (served.clone(), tls.clone());
                thread::spawn(move || accept(stream, tls, &shared));
            }
        });
        Self { host, shared }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Waits until the log has a line with this.
    pub fn wait_for(&self, line: &str) {
        self.shared.until(line, |state| state.log.iter().any(|asked| asked.contains(line)));
    }

    /// The log of requests since the last call, digests and upload ids replaced by their names.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    /// The next `times` requests whose log line contains `line` meet this fault.
    pub fn fault(&self, line: &str, times: usize, fault: Fault) {
        self.state().rules.push(Rule { line: line.to_owned(), times, fault });
    }

    /// How the log calls these bytes.
    pub fn name(&self, bytes: &[u8], name: &str) {
        let mut state = self.state();
        state.names.insert(Digest::of(bytes).to_string(), format!("<{name}>"));
        state.sizes.insert(bytes.len(), name.to_owned());
    }

    /// Digests and what the log calls them.
    pub fn names(&self) -> BTreeMap<String, String> {
        self.state().names.clone()
    }

    /// Sizes of what has a name.
    pub fn sizes(&self) -> BTreeMap<usize, String> {
        self.state().sizes.clone()
    }

    pub fn add_blob(&self, repository: &str, bytes: &[u8]) {
        self.state().blobs.insert((repository.into(), Digest::of(bytes).to_string()), bytes.into());
    }

    pub fn add_manifest(&self, repository: &str, tag: &str, kind: &str, bytes: &[u8]) {
        for name in [tag.to_owned(), Digest::of(bytes).to_string()] {
            self.state().manifests.insert((repository.into(), name), (kind.into(), bytes.into()));
        }
    }
}

fn accept(stream: TcpStream, tls: Option<Arc<rustls::ServerConfig>>, shared: &Shared) {
    let mut first = [0];
    // A TLS handshake where it is not spoken is no request.
    if !matches!(stream.peek(&mut first), Ok(1)) || (first[0] == 0x16) != tls.is_some() {
        return;
    }
    match tls {
        None => serve(stream, shared),
        Some(config) => {
            let connection = rustls::ServerConnection::new(config).unwrap();
            serve(rustls::StreamOwned::new(connection, stream), shared);
        }
    }
}

fn serve(stream: impl Read + Write, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    let proxy = shared.state().quirks.contains(&Quirk::ProxyRefusesWholeBlobsUnread);
    let Some(asked) = read(&mut reader, proxy) else { return };
    if asked.unread {
        shared.state().log.push(format!("{} {} (unread)", asked.method, asked.path));
        shared.asked.notify_all();
        let page =
            Answer(413, vec![("content-type".into(), "text/html".into())], b"<html>413</html>".to_vec());
        let _ = write(reader.get_mut(), &asked.method, page, None);
        // Closing at once would reset the connection under the answer: proxies linger.
        let _ = std::io::copy(&mut reader.take(64 << 20), &mut std::io::sink());
        return;
    }
    let (answer, fault) = {
        let mut state = shared.state();
        let line = state.line(&asked);
        state.log.push(line.clone());
        shared.asked.notify_all();
        state.waiting.0 += 1;
        state.waiting.1 = state.waiting.1.max(state.waiting.0);
        let rule = state.rules.iter_mut().find(|rule| rule.times > 0 && line.contains(&rule.line));
        let fault = rule.map(|rule| {
            rule.times -= 1;
            rule.fault.clone()
        });
        let answer = match &fault {
            Some(Fault::Answer(status, headers, body)) => {
                let headers = headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                Answer(*status, headers, body.clone())
            }
            Some(Fault::Drop | Fault::Stall(_)) => {
                state.break_session(&asked);
                state.waiting.0 -= 1;
                return stall(state, fault);
            }
            _ if !asked.whole => {
                state.waiting.0 -= 1;
                return state.break_session(&asked);
            }
            _ => state.answer(&asked),
        };
        (answer, fault)
    };
    if let Some(Fault::Together(count, _)) = fault {
        shared.until("requests at once", |state| state.waiting.1 >= count);
    }
    if let Some(Fault::Late(pause) | Fault::Together(_, pause)) = fault {
        thread::sleep(pause);
    }
    shared.state().waiting.0 -= 1;
    let _ = write(reader.into_inner(), &asked.method, answer, fault);
}

fn stall(state: MutexGuard<'_, State>, fault: Option<Fault>) {
    drop(state);
    if let Some(Fault::Stall(time)) = fault {
        thread::sleep(time);
    }
}

pub fn read(reader: &mut impl BufRead, proxy: bool) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    // As a proxy of HTTP is asked: by the whole URL.
    let target = match target.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..])) {
        Some(path) => path.to_owned(),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let unread = proxy && method == "PATCH" && !headers.contains_key("content-range");
    let length = if unread { 0 } else { length };
    let mut body = Vec::new();
    let whole = match headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        true => read_chunks(reader, &mut body).is_some(),
        false => reader.take(length as u64).read_to_end(&mut body).is_ok() && body.len() == length,
    };
    Some(Asked {
        method,
        path: path.into(),
        query: query.replace("%3A", ":").replace("%2F", "/"),
        headers,
        body,
        whole,
        unread,
    })
}

/// A body of a length that was not known when it began; `None` where it has no end.
fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim_end(), 16).ok()?;
        let from = body.len();
        let read = reader.take(length as u64).read_to_end(body);
        // A line ends each chunk, the empty one too.
        reader.read_line(&mut String::new()).ok()?;
        match (read, length) {
            (Ok(_), 0) => return Some(()),
            (Ok(_), _) if body.len() == from + length => {}
            _ => return None,
        }
    }
}

pub fn write(
    mut stream: impl Write,
    method: &str,
    answer: Answer,
    fault: Option<Fault>,
) -> std::io::Result<()> {
    let Answer(status, headers, mut body) = answer;
    let endless = matches!(fault, Some(Fault::Endless));
    let mut head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| !endless || name != "content-length") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let lengthless = endless || headers.iter().any(|(name, _)| name == "content-length");
    if !lengthless && status != 204 {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    match fault {
        Some(Fault::Cut(count)) => body.truncate(count),
        Some(Fault::Lie) => *body.last_mut().unwrap() ^= 1,
        _ => {}
    }
    if let Some(Fault::Slow(pause)) = fault {
        for piece in body.chunks(body.len().div_ceil(5)) {
            thread::sleep(pause);
            stream.write_all(piece)?;
            stream.flush()?;
        }
    } else if let Some(Fault::Drip(pause)) = fault {
        for byte in body {
            thread::sleep(pause);
            stream.write_all(&[byte])?;
            stream.flush()?;
        }
    } else if method != "HEAD" {
        stream.write_all(&body)?;
    }
    if endless {
        loop {
            stream.write_all(&[b' '; 65536])?;
        }
    }
    stream.flush()
}
