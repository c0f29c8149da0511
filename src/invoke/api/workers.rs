//! `Workers`: where the workers of a runtime stand that is given several events at once, as those of Lambda Managed
//! Instances are.
//!
//! Source: AWS Lambda Developer Guide, "Understanding the Lambda Managed Instances execution environment"; AWS's emulator
//! (`lambda-managed-instances/invoke`).

use std::collections::VecDeque;

use super::answered::error;
use super::said::Offer;
use crate::invoke::http::Response;

/// The most events whose time is over, and whose answers may still come.
const LATE_MAX: usize = 1_000;

/// Where the workers of a runtime stand.
#[derive(Debug, Default)]
pub struct Workers {
    /// The most that may ask for an event.
    most: usize,
    /// Those that ask for one.
    waiting: usize,
    offered: VecDeque<Offer>,
    /// The events that workers have.
    busy: Vec<Busy>,
    /// The events whose time is over: request id and invocation id.
    late: VecDeque<(String, String)>,
}

#[derive(Debug)]
struct Busy {
    request_id: String,
    invocation_id: String,
    /// Its answer is on its way.
    is_answering: bool,
}

impl Workers {
    /// Of a runtime that may have so many.
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// One asks for an event; whether it may.
    pub fn ask(&mut self) -> bool {
        let may = self.waiting < self.most;
        self.waiting += usize::from(may);
        may
    }

    /// Whether one waits for an event.
    pub fn is_ready(&self) -> bool {
        self.waiting > 0
    }

    /// Gives an event to the next one that waits.
    pub fn offer(&mut self, offer: Offer) {
        self.offered.push_back(offer);
    }

    /// Takes an event back that no worker has taken; whether there was one.
    pub fn withdraw(&mut self, request_id: &str) -> bool {
        let count = self.offered.len();
        self.offered.retain(|offer| offer.request_id != request_id);
        self.offered.len() < count
    }

    /// The time of an event is over: the worker continues, and its answer comes too late.
    pub fn expire(&mut self, request_id: &str) {
        self.withdraw(request_id);
        if let Some(at) = self.busy.iter().position(|busy| busy.request_id == request_id) {
            let busy = self.busy.swap_remove(at);
            self.late.push_back((busy.request_id, busy.invocation_id));
            let surplus = self.late.len().saturating_sub(LATE_MAX);
            self.late.drain(..surplus);
        }
    }

    /// A worker takes the next event.
    pub fn take(&mut self) -> Option<Offer> {
        let offer = self.offered.pop_front()?;
        self.waiting -= 1;
        let (request_id, invocation_id) = (offer.request_id.clone(), offer.invocation_id.clone());
        self.busy.push(Busy { request_id, invocation_id, is_answering: false });
        Some(offer)
    }

    /// A worker begins to answer an event.
    ///
    /// # Errors
    /// The refusal: of an event that it does not have, or not any more.
    pub fn begin_answer(&mut self, id: &str, given: Option<&str>) -> Result<(), Response> {
        let late = || error(410, "RuntimeInvokeTimeout", "the invocation ended before this answer");
        let is_late = |(request_id, invocation_id): &(String, String)| {
            request_id == id && given.is_none_or(|given| given == invocation_id)
        };
        if let Some(at) = self.late.iter().position(is_late) {
            self.late.remove(at);
            return Err(late());
        }
        match self.busy.iter_mut().find(|busy| busy.request_id == id) {
            Some(busy) if given.is_some_and(|given| given != busy.invocation_id) => Err(late()),
            Some(busy) if !busy.is_answering => {
                busy.is_answering = true;
                Ok(())
            }
            _ => Err(error(400, "InvalidRequestID", "Invalid request ID")),
        }
    }

    /// A worker has answered an event.
    pub fn end_answer(&mut self, id: &str) {
        self.busy.retain(|busy| busy.request_id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(request_id: &str) -> Offer {
        let invocation_id = format!("{request_id} first");
        Offer { request_id: request_id.to_owned(), invocation_id, ..Offer::default() }
    }

    #[test]
    fn each_event_is_answered_once_and_in_its_time() {
        let mut workers = Workers::new(2);
        assert!(workers.ask() && workers.ask() && !workers.ask());
        workers.offer(offer("a"));
        workers.offer(offer("b"));
        assert_eq!(workers.take().unwrap().request_id, "a");
        assert_eq!(workers.take().unwrap().request_id, "b");
        assert!(workers.take().is_none() && !workers.is_ready());

        let status = |answer: Result<(), Response>| answer.map_err(|response| response.status);
        assert_eq!(status(workers.begin_answer("a", None)), Ok(()));
        assert_eq!(status(workers.begin_answer("a", None)), Err(400));
        assert_eq!(status(workers.begin_answer("c", None)), Err(400));
        assert_eq!(status(workers.begin_answer("b", Some("another attempt"))), Err(410));
        workers.expire("b");
        assert_eq!(status(workers.begin_answer("b", Some("b first"))), Err(410));
        assert_eq!(status(workers.begin_answer("b", None)), Err(400));
    }

    #[test]
    fn an_event_that_no_worker_took_is_taken_back() {
        let mut workers = Workers::new(1);
        workers.offer(offer("a"));
        assert!(workers.withdraw("a") && !workers.withdraw("a"));
        assert!(workers.ask());
        assert!(workers.take().is_none() && workers.is_ready());
    }
}
