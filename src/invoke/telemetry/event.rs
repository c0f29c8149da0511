//! `Event`: something that extensions can subscribe to, as their interface words it
//! (<https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>).

use std::time::Instant;

use serde_json::{Value, json};

use super::subscription::Interface;
use crate::invoke::clock::{since_epoch, utc};

/// What is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What Lambda does.
    Platform,
    /// What the function writes.
    Function,
    /// What extensions write.
    Extension,
}

impl Stream {
    /// Its name in a subscription.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Platform => "platform",
            Stream::Function => "function",
            Stream::Extension => "extension",
        }
    }
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    stream: Stream,
    kind: &'static str,
    time: String,
    record: Value,
}

/// The time of an instant that has passed.
pub fn time_of(instant: Instant) -> String {
    utc(since_epoch().saturating_sub(instant.elapsed().as_millis()))
}

impl Event {
    /// One that happens now.
    pub fn now(stream: Stream, kind: &'static str, record: Value) -> Self {
        Self { stream, kind, time: utc(since_epoch()), record }
    }

    /// Whether a subscription to these types gets it.
    pub fn is_of(&self, types: &[String]) -> bool {
        types.iter().any(|name| name == self.stream.name())
    }

    /// As this interface words it in this version of its schema; `None` where it does not have it.
    pub fn worded(&self, interface: Interface, schema: &str) -> Option<String> {
        let mut record = self.record.clone();
        if interface == Interface::Logs {
            let fields: &[&str] = match self.kind {
                "platform.start" => &["requestId", "version"],
                "platform.report" => &["requestId", "metrics"],
                "platform.runtimeDone" if schema == "2021-03-18" => &["requestId", "status"],
                "platform.end" | "platform.extension" | "platform.logsSubscription" => &[],
                "platform.logsDropped" | "function" | "extension" => &[],
                _ => return None,
            };
            if let (false, Value::Object(record)) = (fields.is_empty(), &mut record) {
                record.retain(|name, _| fields.contains(&name.as_str()));
            }
        } else if matches!(self.kind, "platform.end" | "platform.logsSubscription") {
            return None;
        }
        if record.is_object() && self.stream != Stream::Platform && !has_objects(interface, schema) {
            record = json!(record.to_string());
        }
        Some(json!({ "time": self.time, "type": self.kind, "record": record }).to_string())
    }
}

/// Whether lines that are JSON are objects: since the schema of December 2022.
fn has_objects(interface: Interface, schema: &str) -> bool {
    interface == Interface::Telemetry && schema != "2022-07-01"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logs_api_has_the_fields_that_it_documents() {
        let record = json!({ "requestId": "1", "version": "$LATEST", "tracing": {} });
        let event = Event::now(Stream::Platform, "platform.start", record);
        let worded = |interface, schema| event.worded(interface, schema).unwrap();
        assert!(worded(Interface::Telemetry, "2022-12-13").contains("tracing"));
        assert!(!worded(Interface::Logs, "2020-08-15").contains("tracing"));
        let done = Event::now(Stream::Platform, "platform.runtimeDone", json!({}));
        assert!(done.worded(Interface::Logs, "2020-08-15").is_none());
        assert!(done.worded(Interface::Logs, "2021-03-18").is_some());
    }
}
