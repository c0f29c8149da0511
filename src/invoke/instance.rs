//! `Instance`: a function that answers events, one at a time: its environment is begun, begun again after a failure, and
//! ended, when Lambda would.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::api::{Failure, Offer};
use super::clock::since_epoch;
use super::end::End;
use super::environment::{Environment, Listener, Reason};
use super::error::InvokeError;
use super::function::Function;
use super::identifier::identifier;
use super::report::{self, Report};
use super::telemetry::Phase;
use crate::work::lock;

/// The time of the init phase. After it, a first event waits for a second try, within the function's own time.
const INIT: Duration = Duration::from_secs(10);

/// The least time of the init phase before a snapshot is made, and the time of the hooks after a restore (AWS Lambda
/// Developer Guide, "Lambda execution environment" and "SnapStart").
const SNAPSHOT_INIT: Duration = Duration::from_secs(130);
const RESTORE: Duration = Duration::from_secs(10);

/// The most bytes of a log that a caller gets with an answer.
const TAIL: usize = 4 << 10;

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
    /// Of an environment that has not had an event.
    init: Option<Duration>,
    restore: Option<Duration>,
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

impl Instance {
    /// Of `function`; `listener` hears its log. No program runs yet.
    pub fn new(function: Arc<Function>, listener: Arc<dyn Listener>) -> Self {
        let listener = Arc::new(Log { listener, tail: Mutex::default() });
        Self { function, listener, environment: None, init: None, restore: None }
    }

    /// Answers one event.
    ///
    /// # Errors
    /// [`InvokeError`]: the function cannot be run here. What the function does wrong is in the outcome.
    pub fn invoke(&mut self, invocation: Invocation) -> Result<Outcome, InvokeError> {
        let request_id = identifier().map_err(InvokeError::Identifier)?;
        lock(&self.listener.tail).clear();
        let limit = self.function.timeout;
        let mut failed = None;
        match self.environment {
            None if self.function.identity.snap_start => failed = self.begin_from_snapshot()?.err(),
            // Where it fails, nothing is begun, and it is begun again below.
            None => drop(self.begin(INIT, Phase::Init)?),
            Some(_) => {}
        }
        self.listener.line(&report::start(&request_id, &self.function.identity.version));
        let mut spent = Duration::ZERO;
        if self.environment.is_none() && failed.is_none() {
            // The init phase failed: Lambda tries again, within the time of the event.
            match self.begin(limit, Phase::Invoke)? {
                Ok(duration) => spent = duration,
                Err(end) => failed = Some(end),
            }
            self.init = None;
        }
        let (init, restore) = (self.init.take(), self.restore.take());
        let memory = self.function.identity.memory;
        let mut report = Report { init, restore, memory, ..Report::default() };
        let result = match (failed, self.environment.take()) {
            (None, Some(mut environment)) => {
                let left = limit.saturating_sub(spent);
                let offer = self.offer(&request_id, invocation, left)?;
                let answer = environment.invoke(offer, left);
                report.duration = spent + answer.duration;
                report.memory_used =
                    u32::try_from(environment.memory().div_ceil(1 << 20)).unwrap_or(u32::MAX);
                let status = answer.reason.status(answer.result.as_ref().err());
                environment.telemetry().report(&request_id, &report, status);
                if answer.goes_on {
                    self.environment = Some(environment);
                } else {
                    environment.shut_down(answer.reason);
                }
                answer.result
            }
            (end, _) => {
                report.duration = limit.min(spent);
                Err(end.unwrap_or(End::Gone).failure(&request_id))
            }
        };
        self.listener.line(&report::end(&request_id));
        self.listener.line(&report.line(&request_id));
        let log = lock(&self.listener.tail).clone();
        Ok(Outcome { request_id, result, report, log })
    }

    /// Ends the environment, where there is one.
    pub fn shut_down(mut self) {
        if let Some(environment) = self.environment.take() {
            environment.shut_down(Reason::Spindown);
        }
    }

    /// A new environment, as if a version of the function was published, and an environment restored from its snapshot.
    fn begin_from_snapshot(&mut self) -> Result<Result<(), End>, InvokeError> {
        let limit = SNAPSHOT_INIT.max(self.function.timeout);
        let begun = self.begin(limit, Phase::Init)?;
        self.init = None;
        let (Ok(init), Some(mut environment)) = (&begun, self.environment.take()) else {
            return Ok(begun.map(drop));
        };
        self.listener.line(&report::init(*init));
        Ok(match environment.restore(RESTORE) {
            Ok(duration) => {
                self.restore = Some(duration);
                self.environment = Some(environment);
                Ok(())
            }
            Err(end) => {
                environment.shut_down(Reason::of(&end));
                Err(end)
            }
        })
    }

    /// A new environment, and how long its init phase took; none is left where that failed.
    fn begin(&mut self, limit: Duration, phase: Phase) -> Result<Result<Duration, End>, InvokeError> {
        let listener = Arc::clone(&self.listener) as Arc<dyn Listener>;
        let mut environment = Environment::begin(Arc::clone(&self.function), listener, phase)?;
        Ok(match environment.init(limit) {
            Ok(duration) => {
                self.init = Some(duration);
                self.environment = Some(environment);
                Ok(duration)
            }
            Err(end) => {
                environment.shut_down(Reason::of(&end));
                Err(end)
            }
        })
    }

    fn offer(&self, request_id: &str, invocation: Invocation, left: Duration) -> Result<Offer, InvokeError> {
        let trace = identifier().map_err(InvokeError::Identifier)?.replace('-', "");
        let seconds = since_epoch() / 1000;
        Ok(Offer {
            request_id: request_id.to_owned(),
            invocation_id: identifier().map_err(InvokeError::Identifier)?,
            deadline: since_epoch() + left.as_millis(),
            arn: self.function.identity.arn(),
            // X-Ray's form: version, time, 96 random bits.
            trace_id: format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", &trace[..24], &trace[16..32]),
            client_context: invocation.client_context,
            tenant_id: invocation.tenant_id,
            content_type: invocation.content_type.unwrap_or_else(|| "application/json".to_owned()),
            payload: invocation.payload,
        })
    }
}
