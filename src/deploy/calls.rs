//! The calls of Lambda's API for one function (botocore, `lambda/2015-03-31/service-2.json`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::api::{Api, Sent, call, is_unclear, strange};
use super::error::DeployError;
use super::function::{Alias, FunctionState};
use super::target::Target;
use crate::credentials::ecr::{EcrError, ServiceCall};
use crate::http::Method;

impl Api<'_> {
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
        let path = format!("/2015-03-31/functions/{}/versions?MaxItems=50", encoded(&target.function));
        let all = self.pages(target, "lambda:ListVersionsByFunction", &path, "Versions")?;
        let numbered = all.iter().filter_map(|one| {
            let number = one["Version"].as_str()?.parse().ok()?;
            Some((number, one["CodeSha256"].as_str().unwrap_or_default().to_owned()))
        });
        Ok(numbered.collect())
    }

    /// A list that comes in pages: all that `items` has. `path` has a query.
    pub(super) fn pages(
        &self,
        target: &Target,
        action: &str,
        path: &str,
        items: &'static str,
    ) -> Result<Vec<Value>, DeployError> {
        let (mut all, mut marker) = (Vec::new(), String::new());
        loop {
            let mut page = self.read(target, action, &format!("{path}{marker}"))?;
            let Value::Array(found) = page[items].take() else { return Err(strange(target, action, items)) };
            all.extend(found);
            match page["NextMarker"].as_str().filter(|next| !next.is_empty()) {
                Some(next) => marker = format!("&Marker={}", encoded(next)),
                None => return Ok(all),
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
        let mut backoff = self.backoff();
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
            let is_overtaken = |error: &EcrError| {
                error.has_code("PreconditionFailedException") || error.has_code("ResourceConflictException")
            };
            if matches!(&error, DeployError::Aws(error) if is_overtaken(error)) {
                let (function, alias) = (target.function.clone(), alias.to_owned());
                return Err(DeployError::AliasMoved { function, alias });
            }
            if !matches!(&error, DeployError::Aws(error) if is_unclear(error)) || !self.waits(&mut backoff)? {
                return Err(error);
            }
        }
    }
}

fn aliases(target: &Target) -> String {
    format!("/2015-03-31/functions/{}/aliases", encoded(&target.function))
}

/// What a missing thing answers is not an error.
fn found(answer: Result<Value, DeployError>) -> Result<Option<Value>, DeployError> {
    match answer {
        Err(DeployError::Aws(error)) if error.has_code("ResourceNotFoundException") => Ok(None),
        other => other.map(Some),
    }
}

/// What stands for itself in a part of a path or query (RFC 3986, "unreserved").
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A part of a path or query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}
