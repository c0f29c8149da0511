//! What Lambda tells extensions of logs and of its own work: the Telemetry API
//! (<https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html>) and the Logs API, which it replaced.
//!
//! ```text
//! environment ── Telemetry::… (an event) ──→ each subscription's queue ── delivery (a thread) ──→ the extension's port
//! ```
//!
//! Events from before a subscription reach it too: the init phase has begun when an extension can subscribe.

mod delivery;
mod event;
mod lines;
mod restore;
mod subscription;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::delivery::Delivery;
use self::event::{Event, Stream};
use self::lines::Lines;
use self::subscription::Subscription;
pub use self::subscription::{Interface, Refused};
use super::report::Report;
use super::variables::Identity;
use crate::work::lock;

/// The most events that are kept for extensions that subscribe later.
const BEFORE: usize = 10_000;

/// How a phase or an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<'a> {
    /// As it should.
    Success,
    /// The runtime reported an error of this type.
    Error(&'a str),
    /// A program ended, for a reason of this type.
    Failure(&'a str),
    /// It took too long.
    Timeout,
}

impl Status<'_> {
    /// Its name, and the type of the error.
    fn put_into(self, record: &mut Value) {
        let (status, error_type) = match self {
            Status::Success => ("success", None),
            Status::Error(error_type) => ("error", Some(error_type)),
            Status::Failure(error_type) => ("failure", Some(error_type)),
            Status::Timeout => ("timeout", None),
        };
        record["status"] = json!(status);
        if let Some(error_type) = error_type {
            record["errorType"] = json!(error_type);
        }
    }
}

/// Why programs are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the first event.
    Init,
    /// Again, for an event: the init phase had failed.
    Invoke,
}

impl Phase {
    /// Its name in logs and telemetry.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Init => "init",
            Phase::Invoke => "invoke",
        }
    }
}

/// The subscriptions of the extensions of an environment.
pub struct Telemetry {
    state: Mutex<State>,
    /// Whether lines that are JSON are passed on as objects.
    json_lines: bool,
    phase: &'static str,
    /// How the environment begins, in Lambda's words.
    initialization: &'static str,
}

#[derive(Default)]
struct State {
    deliveries: Vec<(String, Arc<Delivery>)>,
    before: Vec<Event>,
    lines: Lines,
    /// No extension can subscribe any more.
    closed: bool,
}

impl Telemetry {
    /// Of an environment whose programs are started in `phase`, of a function that logs JSON or text.
    pub fn new(phase: Phase, initialization: &'static str, json_lines: bool) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), json_lines, phase: phase.name(), initialization })
    }

    /// The extension `name` subscribes with this body.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn subscribe(&self, interface: Interface, name: &str, body: &[u8]) -> Result<(), Refused> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.deliveries.iter().any(|(_, delivery)| delivery.interface() != interface) {
            return Err(Refused::OtherInterface);
        }
        let subscription = Subscription::parse(interface, body).map_err(Refused::Invalid)?;
        let types = subscription.types.clone();
        // To subscribe again is to replace the subscription.
        let delivery = Delivery::start(subscription);
        state.before.iter().for_each(|event| delivery.give(event));
        state.deliveries.retain(|(other, _)| other != name);
        state.deliveries.push((name.to_owned(), delivery));
        drop(state);
        let kind = match interface {
            Interface::Telemetry => "platform.telemetrySubscription",
            Interface::Logs => "platform.logsSubscription",
        };
        self.platform(kind, json!({ "name": name, "state": "Subscribed", "types": types }));
        Ok(())
    }

    /// The programs are started.
    pub fn init_started(&self, identity: &Identity) {
        let record = json!({
            "initializationType": self.initialization,
            "phase": self.phase,
            "functionName": identity.name,
            "functionVersion": identity.version,
            "instanceMaxMemory": u64::from(identity.memory) << 20,
        });
        self.platform("platform.initStart", record);
    }

    /// The runtime has begun, or failed to, after this time.
    pub fn init_ended(&self, status: Status<'_>, duration: Duration) {
        let mut record = json!({ "initializationType": self.initialization, "phase": self.phase });
        status.put_into(&mut record);
        self.platform("platform.initRuntimeDone", record.clone());
        record["metrics"] = json!({ "durationMs": milliseconds(duration) });
        self.platform("platform.initReport", record);
    }

    /// An extension has begun.
    pub fn extension_ready(&self, name: &str, events: &[&str]) {
        self.platform("platform.extension", json!({ "name": name, "state": "Ready", "events": events }));
    }

    /// An event is given to the runtime. No extension can subscribe any more.
    pub fn started(self: Arc<Self>, request_id: &str, version: &str, trace: &str) -> Told {
        let mut state = lock(&self.state);
        state.closed = true;
        state.before.clear();
        drop(state);
        let tracing = json!({ "type": "X-Amzn-Trace-Id", "value": trace });
        let record = json!({ "requestId": request_id, "version": version, "tracing": tracing });
        self.platform("platform.start", record);
        Told {
            telemetry: self,
            request_id: request_id.to_owned(),
            tracing,
            began: Instant::now(),
            is_done: false,
        }
    }

    /// The event is done.
    pub fn report(&self, request_id: &str, report: &Report, status: Status<'_>) {
        let mut metrics = json!({
            "durationMs": milliseconds(report.duration),
            "billedDurationMs": report.billed() as u64,
            "memorySizeMB": report.memory,
            "maxMemoryUsedMB": report.memory_used,
        });
        if let Some(init) = report.init {
            metrics["initDurationMs"] = json!(milliseconds(init));
        }
        if let Some(restore) = report.restore {
            metrics["restoreDurationMs"] = json!(milliseconds(restore));
        }
        let mut record = json!({ "requestId": request_id, "metrics": metrics });
        status.put_into(&mut record);
        self.platform("platform.end", json!({ "requestId": request_id }));
        self.platform("platform.report", record);
    }

    /// Bytes that a program wrote: the runtime's where `extension` is `None`.
    pub fn output(&self, extension: Option<&str>, bytes: &[u8]) {
        let lines = lock(&self.state).lines.add(extension, bytes);
        lines.into_iter().for_each(|line| self.line(extension.is_some(), &line));
    }

    /// Delivers what is queued, and waits for that until `end`.
    pub fn flush(&self, end: Instant) {
        self.flush_lines();
        let deliveries: Vec<_> =
            lock(&self.state).deliveries.iter().map(|(_, delivery)| Arc::clone(delivery)).collect();
        deliveries.iter().for_each(|delivery| delivery.flush(end));
    }

    /// Passes on lines that have no end yet.
    fn flush_lines(&self) {
        let rest = lock(&self.state).lines.rest();
        rest.into_iter().for_each(|(is_extension, line)| self.line(is_extension, &line));
    }

    fn line(&self, is_extension: bool, line: &str) {
        let (stream, kind) = match is_extension {
            true => (Stream::Extension, "extension"),
            false => (Stream::Function, "function"),
        };
        let object =
            serde_json::from_str::<Value>(line).ok().filter(|value| self.json_lines && value.is_object());
        self.publish(Event::now(stream, kind, object.unwrap_or_else(|| json!(line))));
    }

    fn platform(&self, kind: &'static str, record: Value) {
        self.publish(Event::now(Stream::Platform, kind, record));
    }

    fn publish(&self, event: Event) {
        let mut state = lock(&self.state);
        state.deliveries.iter().for_each(|(_, delivery)| delivery.give(&event));
        if !state.closed && state.before.len() < BEFORE {
            state.before.push(event);
        }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        lock(&self.state).deliveries.iter().for_each(|(_, delivery)| delivery.end());
    }
}

/// What extensions are told of an event at the runtime.
pub struct Told {
    telemetry: Arc<Telemetry>,
    request_id: String,
    tracing: Value,
    began: Instant,
    is_done: bool,
}

impl Told {
    /// The runtime is done with the event; its answer of so many bytes was complete at that time. Told once.
    pub fn runtime_done(&mut self, status: Status<'_>, answered: Option<(Instant, usize)>) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        let mut metrics = json!({ "durationMs": milliseconds(self.began.elapsed()) });
        let mut spans = Vec::new();
        if let Some((answered, bytes)) = answered {
            metrics["producedBytes"] = json!(bytes);
            let mut span = |name: &str, from: Instant, to: Instant| {
                let start = event::time_of(from);
                let duration = milliseconds(to.saturating_duration_since(from));
                spans.push(json!({ "name": name, "start": start, "durationMs": duration }));
            };
            span("responseLatency", self.began, answered);
            span("responseDuration", answered, answered);
            span("runtimeOverhead", answered, Instant::now());
        }
        let mut record = json!({
            "requestId": self.request_id,
            "tracing": self.tracing,
            "spans": spans,
            "metrics": metrics,
        });
        status.put_into(&mut record);
        self.telemetry.platform("platform.runtimeDone", record);
    }
}

/// Milliseconds with three digits behind the point.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
