//! `Instance`: a function that answers events, one at a time: its environment is begun, begun again after a failure, and
//! ended, when Lambda would.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::api::{Failure, Offer};
use super::clock::since_epoch;
use super::end::End;
use super::environment::{Environment, Listener, Phased, Reason, status};
use super::error::InvokeError;
use super::function::Function;
use super::identifier::identifier;
use super::report::{self, Report};
use super::telemetry::Phase;
use crate::work::{Interrupted, lock};

/// The time of the init phase. After it, a first event waits for a second try, within the function's own time.
const INIT: Duration = Duration::from_secs(10);

/// The least time of the init phase before a snapshot is made, and the time of the hooks after a restore (AWS Lambda
/// Developer Guide, "Lambda execution environment" and "SnapStart").
pub const SNAPSHOT_INIT: Duration = Duration::from_secs(130);
const RESTORE: Duration = Duration::from_secs(10);

/// The most bytes of a log that a caller gets with an answer.
pub const TAIL: usize = 4 << 10;

/// An event, and what its caller says of it.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The event.
    pub payload: Vec<u8>,
    /// Its content type.
    pub content_type: Option<String>,
    /// What the caller sends as client context: JSON.
    pub client_context: Option<String>,
    /// The tenant that it is for.
    pub tenant_id: Option<String>,
}

impl Invocation {
    /// What a runtime is offered; `deadline` is in milliseconds since 1970.
    pub(super) fn offered(self, request_id: &str, deadline: u128, arn: String) -> Result<Offer, InvokeError> {
        let trace = identifier().map_err(InvokeError::Identifier)?.replace('-', "");
        let seconds = since_epoch() / 1000;
        Ok(Offer {
            request_id: request_id.to_owned(),
            invocation_id: identifier().map_err(InvokeError::Identifier)?,
            deadline,
            arn,
            // X-Ray's form: version, time, 96 random bits.
            trace_id: format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", &trace[..24], &trace[16..32]),
            client_context: self.client_context,
            tenant_id: self.tenant_id,
            content_type: self.content_type.unwrap_or_else(|| "application/json".to_owned()),
            payload: self.payload,
        })
    }
}

/// What became of an event.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its request id.
    pub request_id: String,
    /// The function's answer, or why there is none.
    pub result: Result<Vec<u8>, Failure>,
    /// What it took.
    pub report: Report,
    /// The last 4 KiB of the log.
    pub log: Vec<u8>,
}

/// A function that answers events.
pub struct Instance {
    function: Arc<Function>,
    listener: Arc<Log>,
    environment: Option<Environment>,
    stop: Option<&'static AtomicBool>,
}

/// Passes on what programs write, and keeps the end of it.
struct Log {
    listener: Arc<dyn Listener>,
    tail: Mutex<Vec<u8>>,
}

impl Listener for Log {
    fn output(&self, extension: Option<&str>, bytes: &[u8]) {
        self.keep(bytes);
        self.listener.output(extension, bytes);
    }

    fn piece(&self, bytes: &[u8]) {
        self.listener.piece(bytes);
    }
}

impl Log {
    fn keep(&self, bytes: &[u8]) {
        let mut tail = lock(&self.tail);
        tail.extend(bytes);
        let surplus = tail.len().saturating_sub(TAIL);
        tail.drain(..surplus);
    }

    fn line(&self, line: &str) {
        self.output(None, format!("{line}\n").as_bytes());
    }
}

impl Report {
    /// Takes note of the memory that an environment has used.
    fn see(&mut self, environment: &Environment) {
        self.memory_used = self.memory_used.max(environment.memory().most_mib());
    }
}

impl Instance {
    /// Of `function`; `listener` hears its log. No program runs yet.
    pub fn new(function: Arc<Function>, listener: Arc<dyn Listener>) -> Self {
        let listener = Arc::new(Log { listener, tail: Mutex::default() });
        Self { function, listener, environment: None, stop: None }
    }

    /// Ends what runs, without an answer, when `stop` is set.
    #[must_use]
    pub fn until(self, stop: &'static AtomicBool) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Answers one event.
    ///
    /// # Errors
    /// [`InvokeError`]: the function cannot be run here, or the user does not wait. What the function does wrong is in the outcome.
    pub fn invoke(&mut self, invocation: Invocation) -> Result<Outcome, InvokeError> {
        let request_id = identifier().map_err(InvokeError::Identifier)?;
        lock(&self.listener.tail).clear();
        let limit = self.function.timeout;
        let memory = self.function.identity.memory;
        let mut report = Report { memory, ..Report::default() };
        let begun = self.ready(limit, &mut report)?;
        self.listener.line(&report::start(&request_id, &self.function.identity.version));
        let (result, end) = match (begun, self.environment.take()) {
            (Ok(()), Some(mut environment)) => {
                let left = limit.saturating_sub(report.duration);
                let deadline = since_epoch() + left.as_millis();
                let offer = invocation.offered(&request_id, deadline, self.function.identity.arn())?;
                let answer = environment.invoke(offer, left);
                report.duration += answer.duration;
                report.see(&environment);
                report.fault = answer.end.as_ref().map(End::fault);
                let status = status(answer.end.as_ref(), answer.result.as_ref().err());
                environment.telemetry().report(&request_id, &report, status);
                match &answer.end {
                    None => self.environment = Some(environment),
                    Some(end) => environment.shut_down(Reason::of(end)),
                }
                (answer.result, answer.end)
            }
            (begun, _) => {
                let end = begun.err().unwrap_or(End::Gone);
                report.fault = Some(end.fault());
                (Err(end.failure(&request_id)), Some(end))
            }
        };
        if end == Some(End::Stopped) {
            return Err(Interrupted.into());
        }
        if let Some(line) = end.and_then(|end| end.log(&request_id)) {
            self.listener.line(&line);
        }
        self.listener.line(&report::end(&request_id));
        self.listener.line(&report.line(&request_id));
        let log = lock(&self.listener.tail).clone();
        Ok(Outcome { request_id, result, report, log })
    }

    /// Begins an environment where there is none. `report` gets what of it belongs to the event: the init phase; or, where
    /// that failed, the time and memory of the second try.
    fn ready(&mut self, limit: Duration, report: &mut Report) -> Result<Result<(), End>, InvokeError> {
        if self.environment.is_some() {
            return Ok(Ok(()));
        }
        if self.function.identity.snap_start {
            return self.restored(limit, report);
        }
        let first = self.begin(INIT, Phase::Init, report)?;
        if first.outcome.is_ok() {
            report.init = Some(first.took);
            return Ok(Ok(()));
        }
        // The init phase failed: Lambda tries again, within the time of the event.
        let second = self.begin(limit, Phase::Invoke, report)?;
        report.duration = second.took.min(limit);
        Ok(second.outcome)
    }

    /// Ends the environment, where there is one.
    pub fn shut_down(mut self) {
        if let Some(environment) = self.environment.take() {
            environment.shut_down(Reason::Spindown);
        }
    }

    /// A new environment, as if a version of the function was published, and an environment restored from its snapshot.
    fn restored(&mut self, limit: Duration, report: &mut Report) -> Result<Result<(), End>, InvokeError> {
        let init = self.begin(SNAPSHOT_INIT.max(limit), Phase::Init, report)?;
        let Some(mut environment) = self.environment.take() else { return Ok(init.outcome) };
        self.listener.line(&report::init(init.took, Phase::Init.name(), None));
        let restore = environment.restore(RESTORE);
        report.see(&environment);
        report.restore = Some(restore.took);
        match &restore.outcome {
            Ok(()) => self.environment = Some(environment),
            Err(end) => environment.shut_down(Reason::of(end)),
        }
        Ok(restore.outcome)
    }

    /// A new environment; none is left where its init phase failed, which the log says then.
    fn begin(&mut self, limit: Duration, phase: Phase, report: &mut Report) -> Result<Phased, InvokeError> {
        let listener = Arc::clone(&self.listener) as Arc<dyn Listener>;
        let mut environment = Environment::begin(Arc::clone(&self.function), listener, phase, self.stop)?;
        let init = environment.init(limit);
        report.see(&environment);
        match &init.outcome {
            Ok(()) => self.environment = Some(environment),
            Err(End::Stopped) => {
                environment.shut_down(Reason::Spindown);
                return Err(Interrupted.into());
            }
            Err(end) => {
                self.listener.line(&report::init(init.took.min(limit), phase.name(), Some(&end.fault())));
                environment.shut_down(Reason::of(end));
            }
        }
        Ok(init)
    }
}
