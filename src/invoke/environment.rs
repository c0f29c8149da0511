//! `Environment`: a function's programs in a sandbox, from their start to their end; it answers one event after the
//! other.
//!
//! ```text
//! begin ── init (extensions register, the runtime asks for an event) ── invoke, invoke, … ── shut_down
//! ```

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

pub use super::answer::{Answer, Listener, Reason};
use super::api::{Api, Exchange, Offer, Said};
use super::clock::since_epoch;
use super::end::End;
use super::error::InvokeError;
use super::function::Function;
use super::memory::MemoryWatch;
use super::root::RootCopy;
use super::sandbox::{Commands, Event, Sandbox};

/// The number of the runtime among the programs; extensions have those after it.
const RUNTIME: u32 = 0;

/// What happens in an environment.
enum Happening {
    Sandbox(Event),
    Said(Said),
    Gone,
}

/// Happenings that wait to be heard.
const WAITING: usize = 256;

/// A function's programs in a sandbox.
pub struct Environment {
    function: Arc<Function>,
    listener: Arc<dyn Listener>,
    happenings: Receiver<Happening>,
    exchange: Arc<Exchange>,
    commands: Commands,
    extensions: Vec<String>,
    memory: MemoryWatch,
    /// Dropped last: first the programs end, then the port closes.
    _sandbox: Sandbox,
    _root: Option<RootCopy>,
    api: Api,
}

impl Environment {
    /// Makes the sandbox. No program runs yet.
    ///
    /// # Errors
    /// [`InvokeError`]: there can be no sandbox, or no port.
    pub fn begin(function: Arc<Function>, listener: Arc<dyn Listener>) -> Result<Self, InvokeError> {
        let (sender, happenings) = sync_channel(WAITING);
        let root = function.root_copy()?;
        let mut sandbox = {
            let sender = sender.clone();
            let hear = move |event: Option<Event>| {
                sender.send(event.map_or(Happening::Gone, Happening::Sandbox)).is_ok()
            };
            Sandbox::start(&function.plan(root.as_ref()), hear)?
        };
        let extensions = function.extensions()?;
        let exchange = Exchange::new(extensions.clone(), said_to(sender));
        let port = match sandbox.listener() {
            Some(listener) => Ok(listener),
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)),
        };
        let serve =
            |port| Api::start(port, Arc::clone(&exchange), function.identity.clone(), function.handler());
        let api = port.and_then(serve).map_err(InvokeError::Port)?;
        let commands = sandbox.commands();
        let killing = sandbox.commands();
        let memory =
            MemoryWatch::start(sandbox.pid(), u64::from(function.identity.memory) << 20, move || {
                killing.signal(RUNTIME, Signal::KILL);
            });
        Ok(Self {
            function,
            listener,
            happenings,
            exchange,
            commands,
            extensions,
            memory,
            _sandbox: sandbox,
            _root: root,
            api,
        })
    }

    /// The init phase: starts extensions, then the runtime, and waits until all ask for an event.
    ///
    /// # Errors
    /// What ended it instead.
    pub fn init(&mut self, limit: Duration) -> Result<Duration, End> {
        let (began, address) = (Instant::now(), self.api.address());
        for (at, name) in self.extensions.clone().iter().enumerate() {
            self.commands.start(RUNTIME + 1 + at as u32, self.function.extension(name, &address));
        }
        while !self.exchange.unregistered().is_empty() {
            self.hear(began + limit, limit)?;
        }
        self.commands.start(RUNTIME, self.function.runtime(&address));
        while !self.exchange.is_idle() {
            self.hear(began + limit, limit)?;
        }
        Ok(began.elapsed())
    }

    /// Answers one event within `limit`.
    pub fn invoke(&mut self, offer: Offer, limit: Duration) -> Answer {
        let began = Instant::now();
        let request_id = offer.request_id.clone();
        let told = json!({
            "eventType": "INVOKE",
            "deadlineMs": offer.deadline as u64,
            "requestId": request_id,
            "invokedFunctionArn": offer.arn,
            "tracing": { "type": "X-Amzn-Trace-Id", "value": offer.trace_id },
        });
        self.commands.freeze(false);
        self.exchange.offer(offer, &told.to_string());
        let mut result = None;
        let ended = loop {
            if result.is_some() && self.exchange.is_idle() {
                break None;
            }
            match self.hear(began + limit, limit) {
                Ok(Some(Said::Response(bytes))) => result = Some(Ok(bytes)),
                Ok(Some(Said::InvocationError(failure))) => result = Some(Err(failure)),
                Ok(_) => {}
                Err(end) => break Some(end),
            }
        };
        let reason = match ended {
            Some(End::Timeout(_)) => Reason::Timeout,
            Some(_) => Reason::Failure,
            None => Reason::Spindown,
        };
        let goes_on = ended.is_none();
        if goes_on {
            // Between two events, Lambda freezes an environment.
            self.commands.freeze(true);
        }
        // An answer that was complete before a program ended holds.
        let result = result.unwrap_or_else(|| Err(ended.unwrap_or(End::Gone).failure(&request_id)));
        Answer { result, duration: began.elapsed(), goes_on, reason }
    }

    /// The most memory that was in use, in bytes.
    pub fn memory(&self) -> u64 {
        self.memory.most()
    }

    /// Ends the programs as Lambda does: at once without extensions, within half a second with internal ones, within two
    /// seconds with external ones (AWS Lambda Developer Guide, "Shutdown phase").
    pub fn shut_down(mut self, reason: Reason) {
        let (any, external) = self.exchange.extensions();
        if !any {
            return;
        }
        self.commands.freeze(false);
        let began = Instant::now();
        let (runtimes, all) = if external { (300, 2_000) } else { (500, 500) };
        let (runtimes, all) = (began + Duration::from_millis(runtimes), began + Duration::from_millis(all));
        self.commands.signal(RUNTIME, Signal::TERM);
        self.until_ended(&[RUNTIME], runtimes);
        self.commands.signal(RUNTIME, Signal::KILL);
        if !external {
            return;
        }
        let reason = match reason {
            Reason::Spindown => "spindown",
            Reason::Timeout => "timeout",
            Reason::Failure => "failure",
        };
        let deadline = since_epoch() + all.saturating_duration_since(Instant::now()).as_millis();
        let told =
            json!({ "eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline as u64 });
        self.exchange.shut_down(&told.to_string());
        let extensions: Vec<_> = (0..self.extensions.len()).map(|at| RUNTIME + 1 + at as u32).collect();
        self.until_ended(&extensions, all);
    }

    /// Waits until these programs ended, or that moment came.
    fn until_ended(&mut self, programs: &[u32], end: Instant) {
        let mut left = programs.to_vec();
        while !left.is_empty() {
            match self.happenings.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Happening::Sandbox(Event::Exited { id, .. } | Event::NotStarted { id, .. })) => {
                    left.retain(|other| *other != id);
                }
                Ok(Happening::Sandbox(Event::Output { id, bytes })) => self.output(id, &bytes),
                Ok(Happening::Gone) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    /// Waits for what happens next until `end`, and passes output on.
    fn hear(&mut self, end: Instant, limit: Duration) -> Result<Option<Said>, End> {
        let left = end.saturating_duration_since(Instant::now());
        match self.happenings.recv_timeout(left) {
            Ok(Happening::Said(Said::InitError(failure))) => Err(End::Reported(failure)),
            Ok(Happening::Said(Said::ExtensionError { name, error_type, init })) => {
                Err(End::ExtensionReported { name, error_type, init })
            }
            Ok(Happening::Said(Said::Piece(bytes))) => {
                self.listener.piece(&bytes);
                Ok(None)
            }
            Ok(Happening::Said(said)) => Ok(Some(said)),
            Ok(Happening::Sandbox(event)) => self.event(event),
            Ok(Happening::Gone) | Err(RecvTimeoutError::Disconnected) => Err(End::Gone),
            Err(RecvTimeoutError::Timeout) => Err(End::Timeout(limit)),
        }
    }

    fn event(&mut self, event: Event) -> Result<Option<Said>, End> {
        match event {
            Event::Output { id, bytes } => self.output(id, &bytes),
            Event::NotStarted { id, directory, errno } => {
                return Err(End::NotStarted { extension: self.extension(id), directory, errno });
            }
            Event::Exited { id, code, signal } => {
                self.drain();
                return Err(End::Exited { extension: self.extension(id), code, signal });
            }
            _ => {}
        }
        Ok(None)
    }

    /// Passes on what a program wrote before it ended.
    fn drain(&mut self) {
        let end = Instant::now() + Duration::from_millis(100);
        loop {
            match self.happenings.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Happening::Sandbox(Event::Output { id, bytes })) => self.output(id, &bytes),
                Ok(Happening::Sandbox(Event::OutputEnded { .. }) | Happening::Gone) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    fn output(&self, id: u32, bytes: &[u8]) {
        self.listener.output(self.extension(id).as_deref(), bytes);
    }

    /// The name of an extension, by its number; none of the runtime.
    fn extension(&self, id: u32) -> Option<String> {
        let at = id.checked_sub(RUNTIME + 1)?;
        self.extensions.get(at as usize).cloned()
    }
}

fn said_to(sender: SyncSender<Happening>) -> impl Fn(Said) + Send + Sync {
    move |said| {
        // An environment that is gone needs to hear nothing.
        let _ = sender.send(Happening::Said(said));
    }
}
