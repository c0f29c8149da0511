//! Which images Amazon ECS and Amazon EKS run, as Amazon Inspector knows it of the images that it scans.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::keychain::Ecr;
use super::service::{Service, ServiceCall};
use super::{EcrError, EcrHost};
use crate::digest::Digest;
use crate::http::Method;

impl Ecr {
    /// How many tasks of Amazon ECS and pods of Amazon EKS run each image of a repository; images that none runs are left
    /// out. Inspector knows only images that it scans (botocore, `inspector2`, `ListCoverage`:
    /// `EcrContainerImageMetadata.inUseCount`).
    ///
    /// # Errors
    /// [`EcrError`], also where Inspector is not there or may not be asked.
    pub fn running(&self, host: &EcrHost, repository: &str) -> Result<BTreeMap<Digest, u64>, EcrError> {
        let action = "inspector2:ListCoverage";
        let is = |value: &str| json!([{"comparison": "EQUALS", "value": value}]);
        let (region, account) = (&host.region, &host.account);
        let of_repository =
            format!("arn:{}:ecr:{region}:{account}:repository/{repository}/", host.partition());
        let (mut found, mut next) = (BTreeMap::new(), Value::Null);
        loop {
            let mut body = json!({
                "maxResults": 200,
                "filterCriteria": {
                    "resourceType": is("AWS_ECR_CONTAINER_IMAGE"),
                    "ecrRepositoryName": is(repository),
                    "ecrImageInUseCount": [{"lowerInclusive": 1}],
                },
            });
            if !next.is_null() {
                body["nextToken"] = next;
            }
            let call = ServiceCall {
                service: Service::Inspector,
                action,
                method: Method::Post,
                path: "/coverage/list",
                headers: &[("content-type", "application/json")],
                body: crate::json::to_bytes(&body),
            };
            let answer = self.call_service(host, &call)?;
            let why = || EcrError::Answer { action: action.to_owned(), why: "the answer is not JSON".into() };
            let mut page: Value = serde_json::from_slice(&answer.body).map_err(|_| why())?;
            for one in page["coveredResources"].as_array().into_iter().flatten() {
                let id = one["resourceId"].as_str().and_then(|id| id.strip_prefix(&of_repository));
                let count = one["resourceMetadata"]["ecrImage"]["inUseCount"].as_u64().unwrap_or(1);
                found.extend(id.and_then(|digest| Some((digest.parse().ok()?, count))));
            }
            next = page["nextToken"].take();
            if next.is_null() {
                return Ok(found);
            }
        }
    }
}
