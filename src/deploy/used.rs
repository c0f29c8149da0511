//! Which images the functions of an account use, in one Region.

use std::num::NonZeroUsize;

use serde_json::Value;

use super::api::Api;
use super::error::DeployError;
use super::target::Target;
use crate::credentials::ecr::EcrHost;
use crate::digest::Digest;
use crate::work::try_parallel;

/// Every version of every function (botocore, `lambda`, `ListFunctionsRequest`: at most 50 on a page).
const ALL: &str = "/2015-03-31/functions/?FunctionVersion=ALL&MaxItems=50";

/// A version of a function that uses an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The digest of the image.
    pub digest: Digest,
    /// The name of the function.
    pub function: String,
    /// The version: a number, or `$LATEST`.
    pub version: String,
    /// Where Lambda says that the image is, with its digest; empty if the version was deleted since it was listed.
    pub image: String,
    /// Whether Lambda starts the version from a snapshot.
    pub snapstart: bool,
    /// Whether the function runs durable executions.
    pub is_durable: bool,
    /// The aliases that name the version, alone or by a weight. Those of here on are known where they were
    /// [asked for](super::detail()).
    pub aliases: Vec<String>,
    /// The provisioned concurrency of the version and of the aliases that name it.
    pub provisioned: u64,
    /// Durable executions of the version that have not ended: they need it until then.
    pub executions: usize,
}

/// A version, as `ListFunctions` has it.
struct Listed {
    target: Target,
    version: String,
    code_sha256: String,
    snapstart: bool,
    is_durable: bool,
}

/// Every version of every function of the account and the Region of `host` that has an image. Whatever is not known is an
/// error, because what a function uses must not be taken for unused.
///
/// # Errors
/// [`DeployError::UnknownImage`], [`DeployError::Answer`], [`DeployError::OtherAccount`] and those of AWS.
pub fn used(api: &Api<'_>, host: &EcrHost, jobs: NonZeroUsize) -> Result<Vec<Use>, DeployError> {
    // Only the account and the Region count.
    let all = Target { function: String::new(), host: host.clone() };
    let listed = api.pages(&all, "lambda:ListFunctions", ALL, "Functions")?;
    for one in &listed {
        hold(&all, one)?;
    }
    let listed: Vec<_> =
        listed.iter().filter(|one| one["PackageType"] == "Image").map(|one| Listed::of(one, host)).collect();
    let found = try_parallel(jobs, &listed, |one| {
        let (digests, image) = digests(api, one)?;
        let make = |digest| Use {
            digest,
            function: one.target.function.clone(),
            version: one.version.clone(),
            image: image.clone(),
            snapstart: one.snapstart,
            is_durable: one.is_durable,
            aliases: Vec::new(),
            provisioned: 0,
            executions: 0,
        };
        Ok::<_, DeployError>(digests.into_iter().map(make).collect::<Vec<_>>())
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Holds an entry of the list to what every one has, and to the account that was asked about.
fn hold(all: &Target, one: &Value) -> Result<(), DeployError> {
    let lacks = |missing| super::api::strange(all, "lambda:ListFunctions", missing);
    let text = |name: &'static str| one[name].as_str().filter(|text| !text.is_empty()).ok_or(lacks(name));
    text("FunctionName")?;
    text("Version")?;
    if !["Image", "Zip"].contains(&text("PackageType")?) {
        return Err(lacks("PackageType"));
    }
    let found = text("FunctionArn")?.split(':').nth(4).unwrap_or_default();
    if found != all.host.account {
        return Err(DeployError::OtherAccount { wanted: all.host.account.clone(), found: found.to_owned() });
    }
    Ok(())
}

impl Listed {
    fn of(one: &Value, host: &EcrHost) -> Self {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let arn = text("FunctionArn");
        // The ARN of a version ends with it: `arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION`.
        let version = arn.split(':').nth(7).map(str::to_owned);
        Self {
            target: Target { function: text("FunctionName"), host: host.clone() },
            version: version.unwrap_or_else(|| text("Version")),
            code_sha256: text("CodeSha256"),
            snapstart: one["SnapStart"]["OptimizationStatus"] == "On",
            is_durable: one["DurableConfig"].is_object(),
        }
    }
}

/// The digests that may be those of a version's image: that of its URI, and that of its code; and the URI.
fn digests(api: &Api<'_>, one: &Listed) -> Result<(Vec<Digest>, String), DeployError> {
    let of_code = format!("sha256:{}", one.code_sha256).parse::<Digest>().ok();
    let found = api.function(&one.target, Some(&one.version))?;
    let of_uri = found.as_ref().and_then(|found| found.digest().parse::<Digest>().ok());
    if found.is_some() && of_uri.is_none() {
        let function = format!("{}:{}", one.target.function, one.version);
        return Err(DeployError::UnknownImage { function });
    }
    let mut digests: Vec<_> = of_uri.into_iter().chain(of_code).collect();
    digests.dedup();
    Ok((digests, found.map(|found| found.image).unwrap_or_default()))
}
