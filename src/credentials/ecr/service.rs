//! Calls of other services of AWS, signed with the credentials of a registry.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde_json::{Value, json};

use super::keychain::Ecr;
use super::request::{Signer, element, refused, request};
use super::{EcrError, EcrHost};
use crate::http::{Method, Purpose, Url};
use crate::work::lock;

/// The most that is read of an answer, in bytes: a function answers with 6 MB at most.
const LIMIT: u64 = 8 * 1024 * 1024;

/// How long before their end credentials are asked for again.
const MARGIN: Duration = Duration::from_secs(60);

/// A service that is called with credentials of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// AWS Lambda.
    Lambda,
    /// Amazon CloudWatch.
    CloudWatch,
    /// Amazon Inspector.
    Inspector,
    /// AWS KMS.
    Kms,
}

impl Service {
    /// Its name in a signature.
    fn signed(self) -> &'static str {
        match self {
            Service::Lambda => "lambda",
            Service::CloudWatch => "monitoring",
            Service::Inspector => "inspector2",
            Service::Kms => "kms",
        }
    }

    /// Its base URL in the Region of `host`.
    fn url(self, host: &EcrHost) -> String {
        host.service_api(self.signed())
    }
}

/// A call of a service.
pub struct ServiceCall<'a> {
    /// The service.
    pub service: Service,
    /// The action, as IAM names it: `lambda:GetFunction`.
    pub action: &'a str,
    /// The method.
    pub method: Method,
    /// Path and query, with `/` in front.
    pub path: &'a str,
    /// Headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: Vec<u8>,
}

/// What a service answered with success: headers in lower case, and the body.
pub struct ServiceAnswer {
    /// The headers.
    pub headers: crate::http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Ecr {
    /// Sends a call once, signed for the Region of `host`. A signature that expired is made again, once.
    ///
    /// # Errors
    /// [`EcrError`]; [`EcrError::Refused`] has the service's code.
    pub fn call_service(&self, host: &EcrHost, call: &ServiceCall<'_>) -> Result<ServiceAnswer, EcrError> {
        self.renewing(host, || self.send_service(host, call))
    }

    /// Does it, and once more with other credentials where AWS says that these expired.
    fn renewing<T>(&self, host: &EcrHost, call: impl Fn() -> Result<T, EcrError>) -> Result<T, EcrError> {
        match call() {
            Err(EcrError::Refused { code, .. }) if code.starts_with("ExpiredToken") => {
                lock(&self.kept).remove(host);
                call()
            }
            done => done,
        }
    }

    /// The status of an image in its repository, `ACTIVE` or `ARCHIVED`, as ECR's `DescribeImages` has it. The image is named
    /// by its digest or a tag.
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn image_status(
        &self,
        host: &EcrHost,
        repository: &str,
        image: &str,
    ) -> Result<Option<String>, EcrError> {
        let by = if image.contains(':') { "imageDigest" } else { "imageTag" };
        let body = json!({
            "registryId": host.account,
            "repositoryName": repository,
            "imageIds": [{by: image}],
            // Without a filter, ECR describes only active images (botocore, `ecr`, `DescribeImagesFilter`).
            "filter": {"imageStatus": "ANY"},
        });
        let answer = self.ecr_call(host, "ecr:DescribeImages", &body)?;
        Ok(answer["imageDetails"][0]["imageStatus"].as_str().map(str::to_owned))
    }

    /// The policy of a repository as JSON text; `None` where it has none.
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn repository_policy(&self, host: &EcrHost, repository: &str) -> Result<Option<String>, EcrError> {
        let body = json!({"registryId": host.account, "repositoryName": repository});
        match self.ecr_call(host, "ecr:GetRepositoryPolicy", &body) {
            Ok(answer) => Ok(answer["policyText"].as_str().map(str::to_owned)),
            Err(error) if error.has_code("RepositoryPolicyNotFoundException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the CloudWatch alarm `name`, a metric alarm or a composite one, is in the state ALARM.
    ///
    /// # Errors
    /// [`EcrError`], also where the alarm does not exist.
    pub fn is_alarm_raised(&self, host: &EcrHost, name: &str) -> Result<bool, EcrError> {
        let action = "cloudwatch:DescribeAlarms";
        let mut form: Url = "form:x".parse().map_err(|_| answer(action, "no form"))?;
        form.query_pairs_mut()
            .append_pair("Action", "DescribeAlarms")
            .append_pair("Version", "2010-08-01")
            .append_pair("AlarmNames.member.1", name)
            // Without types, CloudWatch returns metric alarms alone (botocore, `cloudwatch`, `DescribeAlarmsInput`).
            .append_pair("AlarmTypes.member.1", "MetricAlarm")
            .append_pair("AlarmTypes.member.2", "CompositeAlarm");
        let call = ServiceCall {
            service: Service::CloudWatch,
            action,
            method: Method::Post,
            path: "/",
            headers: &[("content-type", "application/x-www-form-urlencoded")],
            body: form.query().unwrap_or_default().as_bytes().to_vec(),
        };
        let text = String::from_utf8_lossy(&self.call_service(host, &call)?.body).into_owned();
        match element(&text, "StateValue") {
            Some(state) => Ok(state == "ALARM"),
            None => Err(answer(action, &format!("there is no alarm `{name}` in {}", host.region))),
        }
    }

    /// A call of ECR's API.
    pub(super) fn ecr_call(&self, host: &EcrHost, action: &str, body: &Value) -> Result<Value, EcrError> {
        let endpoint = self.ecr(host);
        let call = self.call(&endpoint, host, action);
        self.renewing(host, || Ok(call.ecr(self.kept_credentials(host)?, body)?.0))
    }

    fn kept_credentials(&self, host: &EcrHost) -> Result<Credentials, EcrError> {
        let mut kept = lock(&self.kept);
        let soon = SystemTime::now() + MARGIN;
        if let Some(found) = kept.get(host)
            && found.expiry().is_none_or(|end| soon < end)
        {
            return Ok(found.clone());
        }
        let found = self.credentials(host)?;
        kept.insert(host.clone(), found.clone());
        Ok(found)
    }

    fn send_service(&self, host: &EcrHost, call: &ServiceCall<'_>) -> Result<ServiceAnswer, EcrError> {
        let base = match call.service {
            Service::Lambda => self.endpoints.lambda.clone(),
            Service::CloudWatch => self.endpoints.cloudwatch.clone(),
            Service::Inspector => self.endpoints.inspector.clone(),
            Service::Kms => self.endpoints.kms.clone(),
        };
        let base = base.unwrap_or_else(|| call.service.url(host));
        let url = format!("{}{}", base.trim_end_matches('/'), call.path);
        let (service, region) = (call.service.signed(), host.region.as_str());
        let signer = Signer { service, region, credentials: self.kept_credentials(host)? };
        let request = request(call.method, &url, call.headers, call.body.clone(), Some(signer));
        let mut request = request.map_err(|why| answer(call.action, &why))?;
        // An invocation answers when the function has ended, which is 15 minutes at most.
        request.patience = if call.action == "lambda:InvokeFunction" { 15 } else { 1 };
        let http = |source| EcrError::Http { action: call.action.to_owned(), source };
        let once = self.http.with_retry(crate::http::RetryPolicy::never());
        let response = once.send(request, Purpose::Token).map_err(http)?;
        let (status, headers) = (response.status, response.headers.clone());
        let body = response.bytes(LIMIT).map_err(http)?;
        if (200..300).contains(&status) {
            return Ok(ServiceAnswer { headers, body });
        }
        Err(refused(call.action, status, &headers, &body))
    }
}

fn answer(action: &str, why: &str) -> EcrError {
    EcrError::Answer { action: action.to_owned(), why: why.to_owned() }
}
