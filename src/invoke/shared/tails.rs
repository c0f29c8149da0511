//! `Tails`: the end of the log of each event. Programs do not say which event a line is of: each gets all of its time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::invoke::answer::Listener;
use crate::invoke::instance::TAIL;
use crate::work::lock;

/// Passes on what programs write, and keeps the end of it.
pub struct Tails {
    listener: Arc<dyn Listener>,
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Tails {
    /// Passes on to `listener`.
    pub fn new(listener: Arc<dyn Listener>) -> Self {
        Self { listener, kept: Mutex::default() }
    }

    /// An event begins.
    pub fn begin(&self, request_id: &str) {
        lock(&self.kept).insert(request_id.to_owned(), Vec::new());
    }

    /// An event ends: the last 4 KiB of its log.
    pub fn end(&self, request_id: &str) -> Vec<u8> {
        lock(&self.kept).remove(request_id).unwrap_or_default()
    }

    /// A line of Lambda's own.
    pub fn line(&self, line: &str) {
        self.output(None, format!("{line}\n").as_bytes());
    }
}

impl Listener for Tails {
    fn output(&self, extension: Option<&str>, bytes: &[u8]) {
        for tail in lock(&self.kept).values_mut() {
            tail.extend(bytes);
            let surplus = tail.len().saturating_sub(TAIL);
            tail.drain(..surplus);
        }
        self.listener.output(extension, bytes);
    }

    /// None comes here: each belongs to an event.
    fn piece(&self, _: &[u8]) {}
}
