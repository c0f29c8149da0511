//! Calls of the AWS API: a signed POST each.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde_json::Value;

use super::EcrError;
use super::request::{Signer, element, refused, request};
use crate::http::{Client, Method, Purpose, Response, Url};

/// The most that is read of an answer, in bytes.
const LIMIT: u64 = 1024 * 1024;
/// The prefix of ECR's `X-Amz-Target` (botocore, `ecr/service-2.json`).
const ECR_TARGET: &str = "AmazonEC2ContainerRegistry_V20150921";

/// A call to AWS.
pub(super) struct Call<'a> {
    pub(super) http: &'a Client,
    /// The base URL of the service.
    pub(super) endpoint: &'a str,
    pub(super) region: &'a str,
    /// `service:Call`, as IAM names it.
    pub(super) action: &'a str,
}

impl Call<'_> {
    /// An ECR call: JSON in, JSON out.
    pub(super) fn ecr(&self, credentials: Credentials, body: &Value) -> Result<(Value, Response), EcrError> {
        let target = format!("{ECR_TARGET}.{}", self.action.trim_start_matches("ecr:"));
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let body = crate::json::to_bytes(body);
        let (json, shell) = self.ask("ecr", &headers, body, Some(credentials))?;
        serde_json::from_str(&json)
            .map(|json| (json, shell))
            .map_err(|_| self.error("the answer is not JSON"))
    }

    /// An STS call: a form in, XML out. Signed where there are credentials.
    pub(super) fn sts(
        &self,
        form: &[(&str, &str)],
        credentials: Option<Credentials>,
    ) -> Result<String, EcrError> {
        let mut query = Url::parse("form:x").map_err(|cause| self.error(cause))?;
        let name = self.action.trim_start_matches("sts:");
        query
            .query_pairs_mut()
            .append_pair("Action", name)
            .append_pair("Version", "2011-06-15")
            .extend_pairs(form);
        let body = query.query().unwrap_or_default().as_bytes().to_vec();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        Ok(self.ask("sts", &headers, body, credentials)?.0)
    }

    /// Sends a call, again where AWS throttles it: AWS reports it not with status 429 but with a code
    /// (`docs/reference/lambda-and-ecr.md`, "How ECR's registry behaves"). The answer's text, and its head.
    fn ask(
        &self,
        service: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        credentials: Option<Credentials>,
    ) -> Result<(String, Response), EcrError> {
        let mut backoff = self.http.retry().start();
        loop {
            let response = self.send(service, headers, body.clone(), credentials.clone())?;
            let head = Response {
                method: response.method,
                url: response.url.clone(),
                status: response.status,
                headers: response.headers.clone(),
                patience: response.patience,
                body: Box::new(std::io::empty()),
            };
            match self.read(response) {
                Err(EcrError::Refused { code, .. })
                    if code.starts_with("Throttling") && backoff.wait(None) => {}
                text => return Ok((text?, head)),
            }
        }
    }

    pub(super) fn error(&self, why: impl ToString) -> EcrError {
        EcrError::Answer { action: self.action.to_owned(), why: why.to_string() }
    }

    fn send(
        &self,
        service: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        credentials: Option<Credentials>,
    ) -> Result<Response, EcrError> {
        let signer = credentials.map(|credentials| Signer { service, region: self.region, credentials });
        let request = request(Method::Post, self.endpoint, headers, body, signer);
        let request = request.map_err(|why| self.error(why))?;
        self.http
            .send(request, Purpose::Token)
            .map_err(|source| EcrError::Http { action: self.action.to_owned(), source })
    }

    fn read(&self, response: Response) -> Result<String, EcrError> {
        let (status, headers) = (response.status, response.headers.clone());
        let bytes = response
            .bytes(LIMIT)
            .map_err(|source| EcrError::Http { action: self.action.to_owned(), source })?;
        match status {
            200 => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            _ => Err(refused(self.action, status, &headers, &bytes)),
        }
    }
}

/// The temporary credentials in an answer of STS.
pub(super) fn session(call: &Call<'_>, xml: &str, provider: &'static str) -> Result<Credentials, EcrError> {
    let field = |name| element(xml, name).ok_or_else(|| call.error(format!("the answer has no {name}")));
    let token = Some(field("SessionToken")?);
    let expires: jiff::Timestamp = field("Expiration")?.parse().map_err(|cause| call.error(cause))?;
    let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(expires.as_second().max(0).unsigned_abs());
    Ok(Credentials::new(field("AccessKeyId")?, field("SecretAccessKey")?, token, Some(expires), provider))
}
