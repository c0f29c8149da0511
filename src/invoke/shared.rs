//! `SharedInstance`: a function whose environment answers several events at once, as those of Lambda Managed Instances do
//! (AWS Lambda Developer Guide, "Understanding the Lambda Managed Instances execution environment").
//!
//! The environment is not frozen between events. An event whose time is over fails alone, and its worker continues. A program
//! that ends takes all events with it, and the next one begins a new environment.

mod running;
mod tails;

use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use self::running::{Caller, Heard, Running};
use self::tails::Tails;
use super::answer::{Listener, status};
use super::api::{Failure, Said};
use super::clock::since_epoch;
use super::end::End;
use super::error::InvokeError;
use super::function::Function;
use super::identifier::identifier;
use super::instance::{Invocation, Outcome};
use super::report::{self, Report};
use crate::work::{Interrupted, lock};

/// How long a worker may need between its answer and its next question. Longer, and there is none.
const TAKE: Duration = Duration::from_secs(1);

/// A function that answers several events at once.
pub struct SharedInstance {
    function: Arc<Function>,
    log: Arc<Tails>,
    running: Mutex<Option<Arc<Running>>>,
}

/// An event that a worker of the runtime has.
struct Given {
    running: Arc<Running>,
    caller: Caller,
    began: Instant,
    trace: String,
}

/// What became of an event, before its report.
struct Ended {
    result: Result<Vec<u8>, Failure>,
    end: Option<End>,
    answered: Option<(Instant, usize)>,
}

impl SharedInstance {
    /// Of `function`; `log` hears what its programs write. No program runs yet.
    pub fn new(function: Arc<Function>, log: Arc<dyn Listener>) -> Self {
        Self { function, log: Arc::new(Tails::new(log)), running: Mutex::default() }
    }

    /// Answers one event; `piece` gets those of an answer that comes in pieces.
    ///
    /// # Errors
    /// [`InvokeError::Throttled`] where all workers of the runtime are at work; others where the function cannot be run here.
    pub fn invoke(&self, invocation: Invocation, piece: impl FnMut(&[u8])) -> Result<Outcome, InvokeError> {
        let request_id = identifier().map_err(InvokeError::Identifier)?;
        self.log.begin(&request_id);
        let outcome = self.answer(&request_id, invocation, piece);
        let log = self.log.end(&request_id);
        Ok(Outcome { log, ..outcome? })
    }

    /// Ends the environment, and with it all events.
    pub fn shut_down(&self) {
        if let Some(running) = lock(&self.running).take() {
            running.shut_down();
        }
    }

    fn answer(
        &self,
        request_id: &str,
        invocation: Invocation,
        piece: impl FnMut(&[u8]),
    ) -> Result<Outcome, InvokeError> {
        let memory = self.function.identity.memory;
        let mut report = Report { memory, ..Report::default() };
        let version = &self.function.identity.version;
        let begun = match self.running()? {
            Ok(running) => self.given(running, request_id, invocation)?,
            Err((took, end)) => {
                report.duration = took;
                Err(end)
            }
        };
        self.log.line(&report::start(request_id, version));
        let (result, end) = match begun {
            Ok(Given { running, caller, began, trace }) => {
                let mut told = Arc::clone(&running.telemetry).started(request_id, version, &trace);
                let ended = self.until_answered(&running, request_id, &caller, began, piece);
                report.duration = began.elapsed().min(self.function.timeout);
                report.memory_used = running.memory.most_mib();
                report.fault = ended.end.as_ref().map(End::fault);
                let status = status(ended.end.as_ref(), ended.result.as_ref().err());
                told.runtime_done(status, ended.answered);
                running.telemetry.report(request_id, &report, status);
                (ended.result, ended.end)
            }
            Err(end) => {
                report.fault = Some(end.fault());
                (Err(end.failure(request_id)), Some(end))
            }
        };
        if end == Some(End::Stopped) {
            return Err(Interrupted.into());
        }
        if let Some(line) = end.and_then(|end| end.log(request_id)) {
            self.log.line(&line);
        }
        self.log.line(&report::end(request_id));
        self.log.line(&report.line(request_id));
        Ok(Outcome { request_id: request_id.to_owned(), result, report, log: Vec::new() })
    }

    fn until_answered(
        &self,
        running: &Running,
        request_id: &str,
        caller: &Caller,
        began: Instant,
        mut piece: impl FnMut(&[u8]),
    ) -> Ended {
        let (limit, mut in_pieces) = (self.function.timeout, 0);
        let failed =
            |end: End| Ended { result: Err(end.failure(request_id)), end: Some(end), answered: None };
        loop {
            match caller.heard.recv_timeout(limit.saturating_sub(began.elapsed())) {
                Ok(Heard::Said(Said::Piece(bytes))) => {
                    in_pieces += bytes.len();
                    piece(&bytes);
                }
                Ok(Heard::Said(Said::Response(bytes))) => {
                    let answered = Some((Instant::now(), in_pieces + bytes.len()));
                    return Ended { result: Ok(bytes), end: None, answered };
                }
                Ok(Heard::Said(Said::InvocationError(failure))) => {
                    return Ended { result: Err(failure), end: None, answered: None };
                }
                Ok(Heard::Said(_)) => {}
                Ok(Heard::Ended(end)) => return failed(end),
                Err(RecvTimeoutError::Disconnected) => return failed(End::Gone),
                Err(RecvTimeoutError::Timeout) => {
                    running.expire(request_id);
                    return failed(End::Timeout(limit));
                }
            }
        }
    }

    /// The environment; begun where there is none, or none any more. How long that took, and why it failed, where it did.
    fn running(&self) -> Result<Result<Arc<Running>, (Duration, End)>, InvokeError> {
        let mut running = lock(&self.running);
        if let Some(running) = running.as_ref().filter(|running| !running.has_ended()) {
            return Ok(Ok(Arc::clone(running)));
        }
        let listener = Arc::clone(&self.log) as Arc<dyn Listener>;
        let (took, begun) = Running::begin(&self.function, listener)?;
        let fault = begun.as_ref().err().map(End::fault);
        self.log.line(&report::init(took, "init", fault.as_ref()));
        Ok(begun.map(|begun| Arc::clone(running.insert(begun))).map_err(|end| (took, end)))
    }

    /// Gives an event to a worker of the runtime.
    fn given(
        &self,
        running: Arc<Running>,
        request_id: &str,
        invocation: Invocation,
    ) -> Result<Result<Given, End>, InvokeError> {
        let deadline = since_epoch() + self.function.timeout.as_millis();
        let offer = invocation.offered(request_id, deadline, self.function.identity.arn())?;
        let trace = offer.trace_id.clone();
        let caller = running.offer(offer);
        let taken = running.taken(request_id, &caller, TAKE).ok_or(InvokeError::Throttled)?;
        Ok(taken.map(|began| Given { running, caller, began, trace }))
    }
}
