//! `Environment`: a function's programs in a sandbox, from their start to their end; it answers one event after the
//! other.
//!
//! ```text
//! begin ── init (extensions register, the runtime asks for an event) ── invoke, invoke, … ── shut_down
//! ```

mod hear;
mod restore;
mod shut_down;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::Signal;

pub use super::answer::{Answer, Listener, Reason, status};
use super::api::{Api, Exchange, Failure, Offer, Said};
use super::end::End;
use super::error::InvokeError;
use super::function::Function;
use super::memory::MemoryWatch;
use super::root::RootCopy;
use super::sandbox::{Commands, Event, Sandbox};
use super::telemetry::{Phase, Status, Telemetry};

/// The number of the runtime among the programs; extensions have those after it.
const RUNTIME: u32 = 0;

/// What happens in an environment.
pub enum Happening {
    Sandbox(Event),
    Said(Said),
    Gone,
    Stopped,
}

/// Ends an environment from another thread.
#[derive(Clone)]
pub struct Stopper(SyncSender<Happening>);

impl Stopper {
    /// Ends it, if it has not ended.
    pub fn stop(&self) {
        drop(self.0.send(Happening::Stopped));
    }
}

/// The most time in which programs are stopped.
const FREEZE: Duration = Duration::from_secs(10);

/// Happenings that wait to be heard.
const WAITING: usize = 256;

/// How long a phase before an event took, and what ended it if it failed.
pub struct Phased {
    pub took: Duration,
    pub outcome: Result<(), End>,
}

/// A function's programs in a sandbox.
pub struct Environment {
    function: Arc<Function>,
    listener: Arc<dyn Listener>,
    happenings: Receiver<Happening>,
    stop: Option<&'static AtomicBool>,
    exchange: Arc<Exchange>,
    telemetry: Arc<Telemetry>,
    /// Bytes of the answer that came in pieces.
    in_pieces: usize,
    commands: Commands,
    is_frozen: bool,
    extensions: Vec<String>,
    memory: Arc<MemoryWatch>,
    stopper: Stopper,
    /// Dropped last: first the programs end, then the port closes.
    _sandbox: Sandbox,
    _root: Option<RootCopy>,
    api: Api,
}

impl Environment {
    /// Makes the sandbox, for programs to be started in `phase`. No program runs yet. When `stop` is set, it ends.
    ///
    /// # Errors
    /// [`InvokeError`]: there can be no sandbox, or no port.
    pub fn begin(
        function: Arc<Function>,
        listener: Arc<dyn Listener>,
        phase: Phase,
        stop: Option<&'static AtomicBool>,
    ) -> Result<Self, InvokeError> {
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
        let identity = &function.identity;
        let stopper = Stopper(sender.clone());
        // An environment that is gone needs to hear nothing.
        let said = move |said| drop(sender.send(Happening::Said(said)));
        let exchange = Exchange::new(extensions.clone(), identity.snap_start, identity.concurrency, said);
        let port = match sandbox.listener() {
            Some(listener) => Ok(listener),
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)),
        };
        let telemetry = Telemetry::new(phase, identity.initialization_type(), function.logs_json());
        let serve = |port| {
            let (exchange, telemetry) = (Arc::clone(&exchange), Arc::clone(&telemetry));
            Api::start(port, exchange, telemetry, identity.clone(), function.handler())
        };
        let api = port.and_then(serve).map_err(InvokeError::Port)?;
        let commands = sandbox.commands();
        let killing = sandbox.commands();
        let memory = MemoryWatch::start(sandbox.pid(), u64::from(identity.memory) << 20, move || {
            killing.signal(RUNTIME, Signal::KILL);
        });
        Ok(Self {
            function,
            listener,
            happenings,
            stop,
            exchange,
            telemetry,
            in_pieces: 0,
            commands,
            is_frozen: false,
            extensions,
            memory: Arc::new(memory),
            stopper,
            _sandbox: sandbox,
            _root: root,
            api,
        })
    }

    /// The init phase: starts extensions, then the runtime, and waits until all ask for an event.
    pub fn init(&mut self, limit: Duration) -> Phased {
        let began = Instant::now();
        self.telemetry.init_started(&self.function.identity);
        let outcome = self.start_programs(began + limit, limit);
        self.end_phase(began, outcome, Telemetry::init_ended)
    }

    /// Ends a phase before an event: tells extensions how it ended, and stops the programs until the next one.
    fn end_phase(
        &mut self,
        began: Instant,
        outcome: Result<(), End>,
        tell: impl FnOnce(&Telemetry, Status, Duration),
    ) -> Phased {
        let took = began.elapsed();
        let failure = outcome.as_ref().err().map(|end| end.failure(""));
        tell(&self.telemetry, status(outcome.as_ref().err(), failure.as_ref()), took);
        Phased { took, outcome: outcome.and_then(|()| self.freeze()) }
    }

    fn start_programs(&mut self, end: Instant, limit: Duration) -> Result<(), End> {
        let address = self.api.address();
        for (at, name) in self.extensions.clone().iter().enumerate() {
            self.commands.start(RUNTIME + 1 + at as u32, self.function.extension(name, &address));
        }
        while !self.exchange.unregistered().is_empty() {
            self.hear(end, limit)?;
        }
        self.commands.start(RUNTIME, self.function.runtime(&address));
        self.until_idle(end, limit)
    }

    /// Waits until the runtime and the extensions ask for an event.
    fn until_idle(&mut self, end: Instant, limit: Duration) -> Result<(), End> {
        while !self.exchange.is_idle() {
            self.hear(end, limit)?;
        }
        Ok(())
    }

    /// Answers one event within `limit`.
    pub fn invoke(&mut self, offer: Offer, limit: Duration) -> Answer {
        let began = Instant::now();
        let request_id = offer.request_id.clone();
        self.commands.freeze(false);
        let version = &self.function.identity.version;
        let mut told = Arc::clone(&self.telemetry).started(&request_id, version, &offer.trace_id);
        self.in_pieces = 0;
        self.exchange.offer(offer);
        let (mut result, mut answered): (Option<Result<Vec<u8>, Failure>>, _) = (None, None);
        let ended = loop {
            if result.is_some() && self.exchange.is_idle() {
                break None;
            }
            match self.hear(began + limit, limit) {
                Ok(Some(Said::Response(bytes))) => {
                    answered = Some((Instant::now(), self.in_pieces + bytes.len()));
                    result = Some(Ok(bytes));
                }
                Ok(Some(Said::InvocationError(failure))) => result = Some(Err(failure)),
                // Extensions may wait to be told of this before they ask for an event.
                Ok(Some(Said::RuntimeReady)) if result.is_some() => {
                    let failure = result.as_ref().and_then(|result| result.as_ref().err());
                    told.runtime_done(status(None, failure), answered);
                }
                Ok(_) => {}
                Err(end) => break Some(end),
            }
        };
        let duration = began.elapsed().min(limit);
        let end = match ended {
            None => self.freeze().err(),
            Some(end) => {
                // A thousand busy processes would leave no time to look at their memory.
                self.commands.freeze(true);
                Some(end)
            }
        };
        // An answer that was complete before a program ended holds.
        let result = result.unwrap_or_else(|| Err(end.as_ref().unwrap_or(&End::Gone).failure(&request_id)));
        told.runtime_done(status(end.as_ref(), result.as_ref().err()), answered);
        Answer { result, duration, end }
    }

    /// What extensions are told.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// The memory that is in use.
    pub fn memory(&self) -> &Arc<MemoryWatch> {
        &self.memory
    }

    /// What its programs ask and say.
    pub fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Ends it from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Stops all programs, as Lambda does between two events, once all that they wrote is passed on. With several events
    /// at once, they are never stopped.
    fn freeze(&mut self) -> Result<(), End> {
        if self.function.identity.concurrency.is_some() {
            return Ok(());
        }
        self.is_frozen = false;
        self.commands.freeze(true);
        let end = Instant::now() + FREEZE;
        while !self.is_frozen {
            self.hear(end, FREEZE)?;
        }
        Ok(())
    }
}
