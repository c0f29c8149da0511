//! What besides its image keeps a version: aliases, provisioned concurrency, durable executions.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use serde_json::Value;

use super::api::Api;
use super::calls::encoded;
use super::error::DeployError;
use super::target::Target;
use super::used::Use;
use crate::credentials::ecr::EcrHost;
use crate::work::try_parallel;

/// What a function says of its versions, by version.
#[derive(Default)]
struct Details {
    aliases: BTreeMap<String, Vec<String>>,
    provisioned: BTreeMap<String, u64>,
    executions: BTreeMap<String, usize>,
}

/// Adds to uses of one account and Region the aliases, the provisioned concurrency and the running durable executions of
/// their versions.
///
/// # Errors
/// Those of AWS.
pub fn detail(
    api: &Api<'_>,
    host: &EcrHost,
    uses: &mut [Use],
    jobs: NonZeroUsize,
) -> Result<(), DeployError> {
    let functions: BTreeSet<(String, bool)> =
        uses.iter().map(|by| (by.function.clone(), by.is_durable)).collect();
    let functions: Vec<_> = functions.into_iter().collect();
    let found = try_parallel(jobs, &functions, |(function, is_durable)| {
        let target = Target { function: function.clone(), host: host.clone() };
        // It may be deleted since it was listed.
        match details(api, &target, *is_durable) {
            Err(DeployError::Aws(error)) if error.has_code("ResourceNotFoundException") => {
                Ok(Details::default())
            }
            found => found,
        }
    })?;
    for ((function, _), details) in functions.iter().zip(found) {
        for by in uses.iter_mut().filter(|by| by.function == *function) {
            by.aliases = details.aliases.get(&by.version).cloned().unwrap_or_default();
            by.executions = details.executions.get(&by.version).copied().unwrap_or_default();
            let of_aliases = by.aliases.iter().chain([&by.version]);
            by.provisioned = of_aliases.filter_map(|name| details.provisioned.get(name)).sum();
        }
    }
    Ok(())
}

fn details(api: &Api<'_>, target: &Target, is_durable: bool) -> Result<Details, DeployError> {
    let function = encoded(&target.function);
    let mut found = Details::default();
    let path = format!("/2015-03-31/functions/{function}/aliases?MaxItems=50");
    for alias in api.pages(target, "lambda:ListAliases", &path, "Aliases")? {
        let name = alias["Name"].as_str().unwrap_or_default();
        let weights = alias["RoutingConfig"]["AdditionalVersionWeights"].as_object().into_iter().flatten();
        let versions = alias["FunctionVersion"].as_str().into_iter();
        for version in versions.chain(weights.map(|(version, _)| version.as_str())) {
            found.aliases.entry(version.to_owned()).or_default().push(name.to_owned());
        }
    }
    let path = format!("/2019-09-30/functions/{function}/provisioned-concurrency?List=ALL");
    let action = "lambda:ListProvisionedConcurrencyConfigs";
    for one in api.pages(target, action, &path, "ProvisionedConcurrencyConfigs")? {
        let asked = one["RequestedProvisionedConcurrentExecutions"].as_u64().unwrap_or_default();
        *found.provisioned.entry(qualifier(&one["FunctionArn"])).or_default() += asked;
    }
    if is_durable {
        let path = format!(
            "/2025-12-01/functions/{function}/durable-executions?MaxItems=1000&Statuses=RUNNING&Statuses=PAUSING&Statuses=PAUSED"
        );
        let action = "lambda:ListDurableExecutionsByFunction";
        for one in api.pages(target, action, &path, "DurableExecutions")? {
            // `arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION/durable-execution/…` (Lambda API reference).
            *found.executions.entry(qualifier(&one["DurableExecutionArn"])).or_default() += 1;
        }
    }
    Ok(found)
}

/// The version or the alias of an ARN.
fn qualifier(arn: &Value) -> String {
    let arn = arn.as_str().unwrap_or_default();
    let part = arn.split(':').nth(7).unwrap_or_default();
    part.split('/').next().unwrap_or_default().to_owned()
}
