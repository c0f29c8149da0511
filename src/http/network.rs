//! Requests over real sockets: `reqwest`, with time-outs that also notice a stalled upload.

use std::error::Error as _;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use reqwest::blocking::{self, Client};

use super::loopback::{self, LoopbackOnly};
use super::message::{OpenBody, SLOWEST};
use super::paced::Paced;
use super::{Body, HttpError, Method, Reason, Request, Response, Transport, Url, tls};
use crate::work;

/// The most that is kept of the answer to an upload, in bytes.
const UPLOAD_ANSWER: u64 = 64 * 1024;

/// How to reach the network.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// PEM files with certificates to trust besides the system's.
    pub ca_certs: Vec<PathBuf>,
    /// The longest that a connection may take to be made.
    pub connect: Duration,
    /// The longest that nothing may move in either direction.
    pub idle: Duration,
    /// Names that are connected to at these addresses, whatever DNS says; a port of 0 is the URL's.
    pub resolve: Vec<(String, SocketAddr)>,
}

impl Default for NetworkOptions {
    /// 15 s to connect, 60 s idle.
    fn default() -> Self {
        Self {
            ca_certs: Vec::new(),
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            resolve: Vec::new(),
        }
    }
}

/// The network. Makes its clients when it is first used: a build from a cache pays nothing.
pub struct Network {
    options: NetworkOptions,
    /// Through the proxies of the environment; and without, for loopback.
    clients: [OnceLock<Result<Client, String>>; 2],
}

impl Network {
    /// A network with these options.
    pub fn new(options: NetworkOptions) -> Self {
        Self { options, clients: Default::default() }
    }

    fn client(&self, request: &Request) -> Result<&Client, HttpError> {
        // A proxy has another loopback than we have.
        self.clients[usize::from(request.local)]
            .get_or_init(|| self.make(request.local))
            .as_ref()
            .map_err(|why| request.error(Reason::Client(why.clone())))
    }

    fn make(&self, local: bool) -> Result<Client, String> {
        let builder = Client::builder()
            .user_agent(concat!("lambda-img/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.options.connect)
            .timeout(self.options.idle)
            .tls_backend_preconfigured(tls::client_config(&self.options.ca_certs)?);
        let known = &self.options.resolve;
        let builder = if local {
            builder.no_proxy().dns_resolver(Arc::new(LoopbackOnly(known.clone().into())))
        } else {
            known.iter().fold(builder, |builder, (name, address)| builder.resolve(name, *address))
        };
        builder.build().map_err(|cause| chain(&cause))
    }
}

impl Transport for Network {
    fn is_loopback(&self, url: &Url) -> bool {
        loopback::is_loopback(url, &self.options.resolve)
    }

    fn send(&self, request: Request) -> Result<Response, HttpError> {
        let client = self.client(&request)?;
        let patience = self.options.idle * request.patience.max(1);
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let sends = matches!(request.method, Method::Post | Method::Put | Method::Patch);
        let builder = client.request(method, request.url.clone()).headers(request.headers.clone());
        match &request.body {
            Body::Empty if sends => answer(&request, builder.body("").timeout(patience).send(), patience),
            // A time-out of the request would bound the whole download; the client's bounds each read.
            Body::Empty => answer(&request, builder.send(), patience),
            Body::Bytes(bytes) => {
                answer(&request, builder.body(bytes.to_vec()).timeout(patience).send(), patience)
            }
            Body::Stream { open, size } => {
                // `take` holds the source to its promise: reqwest would send what exceeds it.
                let body = |reader: Watched| blocking::Body::sized(reader.take(*size), *size);
                upload(&request, builder, open, body, *size, patience)
            }
            Body::Chunks { open, most } => {
                upload(&request, builder, open, blocking::Body::new, *most, patience)
            }
        }
    }
}

/// The moments at which an upload moved, seen from the thread that waits for its end.
struct Watch {
    began: Instant,
    /// Milliseconds from `began` to the last movement.
    moved: AtomicU64,
    /// The source is being read: it has time-outs of its own.
    reading: AtomicBool,
    given_up: AtomicBool,
}

impl Watch {
    fn tick(&self, reading: bool) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(now, Ordering::Relaxed);
        self.reading.store(reading, Ordering::Relaxed);
    }

    fn still(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.moved.load(Ordering::Relaxed)))
    }
}

struct Watched {
    inner: Box<dyn Read + Send>,
    watch: Arc<Watch>,
    failed: Arc<OnceLock<String>>,
}

impl Read for Watched {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.watch.given_up.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.watch.tick(true);
        let outcome = self.inner.read(buf);
        self.watch.tick(false);
        if let Err(cause) = &outcome {
            let _ = self.failed.set(cause.to_string());
        }
        outcome
    }
}

/// Streams a body from a thread of its own: reqwest's blocking client has one time-out for the whole
/// of a request, which for 10 GB says nothing about whether bytes still move.
fn upload(
    request: &Request,
    builder: blocking::RequestBuilder,
    open: &OpenBody,
    body: impl FnOnce(Watched) -> blocking::Body,
    most: u64,
    patience: Duration,
) -> Result<Response, HttpError> {
    let reader = open().map_err(|cause| request.error(Reason::Source(cause.to_string())))?;
    let watch = Arc::new(Watch {
        began: Instant::now(),
        moved: AtomicU64::new(0),
        reading: AtomicBool::new(false),
        given_up: AtomicBool::new(false),
    });
    let failed = Arc::new(OnceLock::new());
    let body = body(Watched { inner: reader, watch: watch.clone(), failed: failed.clone() });
    let (sender, receiver) = mpsc::channel();
    let (shape, ticking) = (Request { body: Body::Empty, ..request.clone() }, watch.clone());
    let worker = move || {
        // reqwest's own time-out ends this thread at last where it was given up.
        let longest = patience * 2 + Duration::from_secs(most / SLOWEST);
        let sent = builder.body(body).timeout(longest).send();
        ticking.tick(false);
        let outcome = answer(&shape, sent, patience).map(|response| {
            let (mut kept, mut whole) = (Vec::new(), response.body.take(UPLOAD_ANSWER));
            // An answer cut short still has its status; what is missing is only its explanation.
            let _ = whole.read_to_end(&mut kept);
            Response { body: Box::new(io::Cursor::new(kept)), ..response }
        });
        let _ = sender.send(outcome);
    };
    // Without a thread, reqwest's time-out for the whole is all there is.
    work::detached("upload", worker);
    let step = (patience / 8).clamp(Duration::from_millis(5), Duration::from_millis(500));
    loop {
        match receiver.recv_timeout(step) {
            Ok(outcome) => {
                return match failed.get() {
                    Some(cause) if outcome.is_err() => Err(request.error(Reason::Source(cause.clone()))),
                    _ => outcome,
                };
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(request.error(Reason::Broken("the upload stopped".into())));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if watch.still() > patience && !watch.reading.load(Ordering::Relaxed) {
            // The thread ends by itself; nobody waits for it.
            watch.given_up.store(true, Ordering::Relaxed);
            return Err(request.error(Reason::TimedOut { after: patience }));
        }
    }
}

fn answer(
    request: &Request,
    sent: reqwest::Result<blocking::Response>,
    patience: Duration,
) -> Result<Response, HttpError> {
    let response = sent.map_err(|cause| request.error(reason(&cause, patience)))?;
    Ok(Response {
        method: request.method,
        url: request.url.clone(),
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        patience,
        body: Box::new(Paced::new(Named(response), patience)),
    })
}

/// Read errors with their causes: reqwest's own say "error decoding response body" alone.
struct Named(blocking::Response);

impl Read for Named {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf).map_err(|cause| io::Error::new(cause.kind(), chain(&cause)))
    }
}

fn reason(cause: &reqwest::Error, patience: Duration) -> Reason {
    let why = chain(cause);
    let (mut tls, mut next) = (None, cause.source());
    while let Some(inner) = next {
        tls = tls.or_else(|| tls_error(inner));
        next = inner.source();
    }
    match () {
        // Bytes that are no TLS at all: a server of plain HTTP.
        () if matches!(tls, Some(rustls::Error::InvalidMessage(_))) => Reason::NotTls(why),
        () if tls.is_some() => Reason::Tls(why),
        () if cause.is_connect() => Reason::Connect(why),
        () if cause.is_timeout() => Reason::TimedOut { after: patience },
        () if cause.is_builder() => Reason::Client(why),
        () => Reason::Broken(why),
    }
}

/// The TLS error in it: hyper wraps it into I/O errors more than once.
fn tls_error<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    match cause.downcast_ref::<io::Error>() {
        Some(outer) => tls_error(outer.get_ref()?),
        None => cause.downcast_ref(),
    }
}

/// The causes that say something new: some only repeat the URL, or name a part of the HTTP client.
fn chain(cause: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(cause);
    while let Some(cause) = next {
        let text = cause.to_string();
        let says_nothing = ["error sending request", "client error (", "request or response body error"];
        if !says_nothing.iter().any(|words| text.starts_with(words))
            && !parts.iter().any(|part| part.contains(&text))
        {
            parts.push(text);
        }
        next = cause.source();
    }
    parts.join(": ")
}
