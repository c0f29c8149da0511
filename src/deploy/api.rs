//! `Api`: Lambda's API for one function, with retries that never do a change twice.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::clock::Clock;
use super::error::DeployError;
use super::function::{Alias, FunctionState};
use crate::credentials::ecr::{Ecr, EcrError, EcrHost, Service, ServiceAnswer, ServiceCall};
use crate::http::{HttpError, Method, RetryPolicy, is_transient};
use crate::work::{Interrupted, lock};

/// Requests a second to Lambda's control plane, of which an account has 15 (Lambda quotas, "API requests").
const RATE: f64 = 15.0;

/// Where a function is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The name, without account and Region.
    pub function: String,
    /// Account and Region, as a registry there.
    pub host: EcrHost,
}

/// Lambda's API.
pub struct Api<'a> {
    ecr: &'a Ecr,
    clock: &'a dyn Clock,
    retry: RetryPolicy,
    /// Requests that are left for now, and when they were counted, for each account and Region.
    buckets: Mutex<HashMap<EcrHost, (f64, Duration)>>,
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
        Self { ecr, clock, retry, buckets: Mutex::default() }
    }

    /// The credentials and the other services.
    pub(super) fn ecr(&self) -> &Ecr {
        self.ecr
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock
    }

    pub(super) fn sleep(&self, pause: Duration) -> Result<(), DeployError> {
        if self.clock.sleep(pause) { Ok(()) } else { Err(Interrupted.into()) }
    }

    /// The function, or its version or alias `qualifier`; `None` where it does not exist.
    ///
    /// # Errors
    /// [`DeployError::Aws`].
    pub fn function(
        &self,
        target: &Target,
        qualifier: Option<&str>,
    ) -> Result<Option<FunctionState>, DeployError> {
        let qualifier = qualifier.map(|one| format!("?Qualifier={}", encoded(one))).unwrap_or_default();
        let path = format!("/2015-03-31/functions/{}{qualifier}", encoded(&target.function));
        found(self.read(target, "lambda:GetFunction", &path))
            .map(|one| one.map(|one| FunctionState::of(&one)))
    }

    /// An alias; `None` where it does not exist.
    ///
    /// # Errors
    /// [`DeployError::Aws`].
    pub fn alias(&self, target: &Target, alias: &str) -> Result<Option<Alias>, DeployError> {
        let path = format!("{}/{}", aliases(target), encoded(alias));
        found(self.read(target, "lambda:GetAlias", &path)).map(|one| one.map(|one| Alias::of(&one)))
    }

    /// Versions and their code's hashes, `$LATEST` left out.
    ///
    /// # Errors
    /// [`DeployError::Aws`].
    pub fn versions(&self, target: &Target) -> Result<Vec<(u64, String)>, DeployError> {
        let (mut versions, mut marker) = (Vec::new(), String::new());
        loop {
            let path =
                format!("/2015-03-31/functions/{}/versions?MaxItems=50{marker}", encoded(&target.function));
            let page = self.read(target, "lambda:ListVersionsByFunction", &path)?;
            for one in page["Versions"].as_array().into_iter().flatten() {
                let number = one["Version"].as_str().and_then(|text| text.parse().ok());
                versions.extend(
                    number.map(|number| (number, one["CodeSha256"].as_str().unwrap_or_default().to_owned())),
                );
            }
            match page["NextMarker"].as_str().filter(|next| !next.is_empty()) {
                Some(next) => marker = format!("&Marker={}", encoded(next)),
                None => return Ok(versions),
            }
        }
    }

    /// Invokes a version once, and returns the function's error, if it had one.
    ///
    /// # Errors
    /// [`DeployError::Aws`].
    pub(super) fn invoke(
        &self,
        target: &Target,
        qualifier: &str,
        event: &[u8],
    ) -> Result<Option<String>, DeployError> {
        let path = format!(
            "/2015-03-31/functions/{}/invocations?Qualifier={}",
            encoded(&target.function),
            encoded(qualifier)
        );
        let call = ServiceCall {
            headers: &[("content-type", "application/json")],
            body: event.to_vec(),
            ..call("lambda:InvokeFunction", Method::Post, &path)
        };
        let answer = self.limited(target, &call)?;
        if !answer.headers.contains_key("x-amz-function-error") {
            return Ok(None);
        }
        let error: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let word = |name: &str| error[name].as_str().unwrap_or_default();
        Ok(Some(crate::redact::text(&format!("{}: {}", word("errorType"), word("errorMessage")), 500)))
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

    /// Makes the alias name a version, or two by weights.
    pub(super) fn set_alias(
        &self,
        target: &Target,
        alias: &str,
        before: Option<&Alias>,
        wanted: &Alias,
    ) -> Result<Alias, DeployError> {
        let weights: serde_json::Map<_, _> =
            wanted.weights.iter().map(|(version, weight)| (version.clone(), json!(weight))).collect();
        let mut body = json!({
            "FunctionVersion": wanted.version,
            "Description": wanted.description,
            "RoutingConfig": {"AdditionalVersionWeights": weights},
        });
        let path = aliases(target);
        let mut backoff = self.retry.start();
        loop {
            let sent = match before {
                Some(before) => {
                    body["RevisionId"] = before.revision.clone().into();
                    let path = format!("{path}/{}", encoded(alias));
                    self.change(target, ("lambda:UpdateAlias", Method::Put), &path, &body)
                }
                None => {
                    body["Name"] = alias.into();
                    self.change(target, ("lambda:CreateAlias", Method::Post), &path, &body)
                }
            };
            let error = match sent {
                Ok(Sent::Done(answer)) => return Ok(Alias::of(&answer)),
                Ok(Sent::Unclear(error)) => DeployError::from(error),
                Err(error) => error,
            };
            // Whether an attempt without an answer did it.
            let now = self.alias(target, alias)?;
            if let Some(now) =
                now.filter(|now| now.version == wanted.version && now.weights == wanted.weights)
            {
                return Ok(now);
            }
            if !matches!(&error, DeployError::Aws(error) if is_unclear(error)) || !backoff.wait(None) {
                return Err(error);
            }
        }
    }

    /// A call that changes nothing, as often as the policy allows.
    pub(super) fn read(&self, target: &Target, action: &str, path: &str) -> Result<Value, DeployError> {
        let mut backoff = self.retry.start();
        loop {
            match self.limited(target, &call(action, Method::Get, path)) {
                Ok(answer) => return Ok(serde_json::from_slice(&answer.body).unwrap_or_default()),
                Err(DeployError::Aws(error)) if is_unclear(&error) && backoff.wait(None) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a call in its turn, again where AWS limits the rate.
    fn limited(&self, target: &Target, call: &ServiceCall<'_>) -> Result<ServiceAnswer, DeployError> {
        let mut backoff = self.retry.start();
        loop {
            // 100 requests a second of GetFunction are allowed, and invocations have limits of their own.
            if !["lambda:GetFunction", "lambda:InvokeFunction"].contains(&call.action) {
                self.take_turn(&target.host)?;
            }
            match self.ecr.call_service(&target.host, call) {
                Err(EcrError::Refused { status: 429, .. }) if backoff.wait(None) => {}
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

fn call<'c>(action: &'c str, method: Method, path: &'c str) -> ServiceCall<'c> {
    ServiceCall { service: Service::Lambda, action, method, path, headers: &[], body: Vec::new() }
}

fn aliases(target: &Target) -> String {
    format!("/2015-03-31/functions/{}/aliases", encoded(&target.function))
}

/// What a missing thing answers is no error.
fn found(answer: Result<Value, DeployError>) -> Result<Option<Value>, DeployError> {
    match answer {
        Err(DeployError::Aws(error)) if error.has_code("ResourceNotFoundException") => Ok(None),
        other => other.map(Some),
    }
}

/// Whether the call may have been done, although no answer says so.
fn is_unclear(error: &EcrError) -> bool {
    match error {
        EcrError::Refused { status, .. } => *status != 429 && is_transient(*status),
        EcrError::Http { source, .. } => HttpError::is_transient(source),
        _ => false,
    }
}

/// A part of a path.
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
