//! `Api`: how Lambda's API is called: signed, at a limited rate, with retries that never do a change twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value};

use super::clock::Clock;
use super::error::DeployError;
use super::target::Target;
use crate::credentials::ecr::{Ecr, EcrError, EcrHost, Service, ServiceAnswer, ServiceCall};
use crate::http::{Backoff, HttpError, Method, RetryPolicy, is_transient};
use crate::work::{Interrupted, lock};

/// Requests a second to Lambda's control plane, of which an account has 15 (Lambda quotas, "API requests").
const RATE: f64 = 15.0;

/// Lambda's API.
pub struct Api<'a> {
    ecr: &'a Ecr,
    clock: &'a dyn Clock,
    retry: RetryPolicy,
    /// Requests that are left for now, and when they were counted, for each account and Region.
    buckets: Arc<Mutex<HashMap<EcrHost, (f64, Duration)>>>,
    /// Whether it continues although the user interrupted.
    is_finishing: bool,
}

/// How a change ended.
pub(super) enum Sent {
    /// AWS did it.
    Done(Value),
    /// AWS may have done it: no answer came.
    Unclear(EcrError),
}

impl<'a> Api<'a> {
    /// Over the credentials of `ecr`.
    pub fn new(ecr: &'a Ecr, clock: &'a dyn Clock, retry: RetryPolicy) -> Self {
        Self { ecr, clock, retry, buckets: Arc::default(), is_finishing: false }
    }

    /// The same for what must be done also after an interrupt.
    pub(super) fn finishing(&self) -> Self {
        let retry = self.retry.clone();
        Self {
            ecr: self.ecr,
            clock: self.clock,
            retry,
            buckets: Arc::clone(&self.buckets),
            is_finishing: true,
        }
    }

    /// The credentials and the other services.
    pub(super) fn ecr(&self) -> &Ecr {
        self.ecr
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock
    }

    pub(super) fn sleep(&self, pause: Duration) -> Result<(), DeployError> {
        if self.clock.sleep(pause) || self.is_finishing { Ok(()) } else { Err(Interrupted.into()) }
    }

    /// The retries of one piece of work.
    pub(super) fn backoff(&self) -> Backoff {
        self.retry.start()
    }

    /// Waits before the next try; `false` where none is left.
    pub(super) fn waits(&self, backoff: &mut Backoff) -> Result<bool, DeployError> {
        match backoff.next(None) {
            Some(pause) => self.sleep(pause).map(|()| true),
            None => Ok(false),
        }
    }

    /// Sends a change once; again only where AWS said that it limits the rate and did nothing.
    pub(super) fn change(
        &self,
        target: &Target,
        (action, method): (&str, Method),
        path: &str,
        body: &Value,
    ) -> Result<Sent, DeployError> {
        let call = ServiceCall {
            headers: &[("content-type", "application/json")],
            body: crate::json::to_bytes(body),
            ..call(action, method, path)
        };
        match self.limited(target, &call) {
            Ok(answer) => Ok(Sent::Done(serde_json::from_slice(&answer.body).unwrap_or_default())),
            Err(DeployError::Aws(error)) if is_unclear(&error) => Ok(Sent::Unclear(error)),
            Err(error) => Err(error),
        }
    }

    /// A call that changes nothing, as often as the policy allows.
    pub(super) fn read(&self, target: &Target, action: &str, path: &str) -> Result<Value, DeployError> {
        let mut backoff = self.backoff();
        loop {
            match self.limited(target, &call(action, Method::Get, path)) {
                // What is not said must not be taken for what is not there.
                Ok(answer) => {
                    let object: Option<Map<String, Value>> = serde_json::from_slice(&answer.body).ok();
                    return object
                        .map(Value::Object)
                        .ok_or_else(|| strange(target, action, "object of JSON"));
                }
                Err(DeployError::Aws(error)) if is_unclear(&error) => {
                    if !self.waits(&mut backoff)? {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a call in its turn, again where AWS limits the rate.
    pub(super) fn limited(
        &self,
        target: &Target,
        call: &ServiceCall<'_>,
    ) -> Result<ServiceAnswer, DeployError> {
        let mut backoff = self.backoff();
        loop {
            // 100 requests a second of GetFunction are allowed, and invocations have limits of their own.
            if !["lambda:GetFunction", "lambda:InvokeFunction"].contains(&call.action) {
                self.take_turn(&target.host)?;
            }
            match self.ecr.call_service(&target.host, call) {
                Err(error @ EcrError::Refused { status: 429, .. }) => {
                    if !self.waits(&mut backoff)? {
                        return Err(error.into());
                    }
                }
                done => return Ok(done?),
            }
        }
    }

    fn take_turn(&self, host: &EcrHost) -> Result<(), DeployError> {
        let pause = {
            let mut buckets = lock(&self.buckets);
            let now = self.clock.now();
            let (left, counted) = buckets.entry(host.clone()).or_insert((RATE, now));
            *left = (*left + now.saturating_sub(*counted).as_secs_f64() * RATE).min(RATE) - 1.0;
            *counted = now;
            Duration::from_secs_f64((-*left).max(0.0) / RATE)
        };
        if pause.is_zero() { Ok(()) } else { self.sleep(pause) }
    }
}

pub(super) fn call<'c>(action: &'c str, method: Method, path: &'c str) -> ServiceCall<'c> {
    ServiceCall { service: Service::Lambda, action, method, path, headers: &[], body: Vec::new() }
}

/// An answer to `action` that lacks something.
pub(super) fn strange(target: &Target, action: &str, missing: &'static str) -> DeployError {
    DeployError::Answer { region: target.host.region.clone(), action: action.to_owned(), missing }
}

/// Whether the call may have been done, although no answer says so.
pub(super) fn is_unclear(error: &EcrError) -> bool {
    match error {
        EcrError::Refused { status, .. } => *status != 429 && is_transient(*status),
        EcrError::Http { source, .. } => HttpError::is_transient(source),
        _ => false,
    }
}
