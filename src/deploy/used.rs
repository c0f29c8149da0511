//! Which images the functions of an account use, in one Region.

use std::num::NonZeroUsize;

use super::api::Api;
use super::calls::encoded;
use super::error::DeployError;
use super::target::Target;
use crate::credentials::ecr::EcrHost;
use crate::digest::Digest;
use crate::work::try_parallel;

/// The most versions on one page of `ListFunctions` (botocore, `lambda`, `MaxListItems`: with `ALL`, 50).
const PAGE: usize = 50;

/// A version of a function that uses an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The digest of the image.
    pub digest: Digest,
    /// The name of the function.
    pub function: String,
    /// The version: a number, or `$LATEST`.
    pub version: String,
    /// The aliases that name the version, alone or by a weight.
    pub aliases: Vec<String>,
    /// Where Lambda says that the image is, with its digest; empty if the version was deleted since it was listed.
    pub image: String,
}

/// A version, as `ListFunctions` has it.
struct Listed {
    target: Target,
    version: String,
    code_sha256: String,
}

/// Every version of every function of the account and the Region of `host` that has an image. Whatever is not known is an
/// error, because what a function uses must not be taken for unused.
///
/// # Errors
/// [`DeployError::UnknownImage`] and those of AWS.
pub fn used(api: &Api<'_>, host: &EcrHost, jobs: NonZeroUsize) -> Result<Vec<Use>, DeployError> {
    let listed = list(api, host)?;
    let names: Vec<Target> =
        listed.iter().filter(|one| one.version == "$LATEST").map(|one| one.target.clone()).collect();
    let aliases = try_parallel(jobs, &names, |target: &Target| {
        aliases(api, target).map(|found| (target.clone(), found))
    })?;
    let found = try_parallel(jobs, &listed, |one| {
        let named = aliases.iter().filter(|(target, _)| *target == one.target).flat_map(|(_, found)| found);
        let named =
            named.filter(|(_, versions)| versions.contains(&one.version)).map(|(name, _)| name.clone());
        let named: Vec<_> = named.collect();
        let (digests, image) = digests(api, one)?;
        let make = |digest| Use {
            digest,
            function: one.target.function.clone(),
            version: one.version.clone(),
            aliases: named.clone(),
            image: image.clone(),
        };
        Ok::<_, DeployError>(digests.into_iter().map(make).collect::<Vec<_>>())
    })?;
    Ok(found.into_iter().flatten().collect())
}

fn list(api: &Api<'_>, host: &EcrHost) -> Result<Vec<Listed>, DeployError> {
    let (mut all, mut marker) = (Vec::new(), String::new());
    // Only the account and the Region count.
    let nobody = Target { function: String::new(), host: host.clone() };
    loop {
        let path = format!("/2015-03-31/functions/?FunctionVersion=ALL&MaxItems={PAGE}{marker}");
        let page = api.read(&nobody, "lambda:ListFunctions", &path)?;
        for one in
            page["Functions"].as_array().into_iter().flatten().filter(|one| one["PackageType"] == "Image")
        {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let target = Target { function: text("FunctionName"), host: host.clone() };
            all.push(Listed { target, version: text("Version"), code_sha256: text("CodeSha256") });
        }
        match page["NextMarker"].as_str().filter(|next| !next.is_empty()) {
            Some(next) => marker = format!("&Marker={}", encoded(next)),
            None => return Ok(all),
        }
    }
}

/// The aliases of a function, and the versions that each names.
fn aliases(api: &Api<'_>, target: &Target) -> Result<Vec<(String, Vec<String>)>, DeployError> {
    let (mut all, mut marker) = (Vec::new(), String::new());
    loop {
        let path =
            format!("/2015-03-31/functions/{}/aliases?MaxItems={PAGE}{marker}", encoded(&target.function));
        let page = match api.read(target, "lambda:ListAliases", &path) {
            // It was deleted since it was listed.
            Err(DeployError::Aws(error)) if error.has_code("ResourceNotFoundException") => return Ok(all),
            page => page?,
        };
        for one in page["Aliases"].as_array().into_iter().flatten() {
            let weights = one["RoutingConfig"]["AdditionalVersionWeights"].as_object().into_iter().flatten();
            let versions = one["FunctionVersion"].as_str().map(str::to_owned).into_iter();
            let name = one["Name"].as_str().unwrap_or_default().to_owned();
            all.push((name, versions.chain(weights.map(|(version, _)| version.clone())).collect()));
        }
        match page["NextMarker"].as_str().filter(|next| !next.is_empty()) {
            Some(next) => marker = format!("&Marker={}", encoded(next)),
            None => return Ok(all),
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
