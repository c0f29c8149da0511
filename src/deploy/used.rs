//! Which images the functions of an account use, in one Region.

use std::num::NonZeroUsize;

use serde_json::Value;

use super::api::{Api, strange};
use super::error::DeployError;
use super::target::Target;
use crate::credentials::ecr::EcrHost;
use crate::digest::Digest;
use crate::work::try_parallel;

/// Every version of every function (botocore, `lambda`, `ListFunctionsRequest`: at most 50 on a page).
const ALL: &str = "/2015-03-31/functions/?FunctionVersion=ALL&MaxItems=50";

/// The action of that.
const LIST: &str = "lambda:ListFunctions";

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
    let listed = api.pages(&all, LIST, ALL, "Functions")?;
    let listed: Vec<_> = listed.iter().map(|one| Listed::of(one, &all)).collect::<Result<_, _>>()?;
    let listed: Vec<_> = listed.into_iter().flatten().collect();
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

impl Listed {
    /// An entry of the list of `all`; `None` of a function without an image.
    fn of(one: &Value, all: &Target) -> Result<Option<Self>, DeployError> {
        let text = |name: &'static str| {
            let text = one[name].as_str().filter(|text| !text.is_empty());
            text.ok_or_else(|| strange(all, LIST, name))
        };
        let (function, version) = (text("FunctionName")?, text("Version")?);
        let has_image = match text("PackageType")? {
            "Image" => true,
            "Zip" => false,
            _ => return Err(strange(all, LIST, "PackageType")),
        };
        // `arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION`.
        let parts: Vec<_> = text("FunctionArn")?.split(':').collect();
        let found = parts.get(4).copied().unwrap_or_default();
        if found != all.host.account {
            let (wanted, found) = (all.host.account.clone(), found.to_owned());
            return Err(DeployError::OtherAccount { wanted, found });
        }
        Ok(has_image.then(|| Self {
            target: Target { function: function.to_owned(), host: all.host.clone() },
            // The ARN of a version ends with it.
            version: parts.get(7).copied().unwrap_or(version).to_owned(),
            code_sha256: one["CodeSha256"].as_str().unwrap_or_default().to_owned(),
            snapstart: one["SnapStart"]["OptimizationStatus"] == "On",
            is_durable: one["DurableConfig"].is_object(),
        }))
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
