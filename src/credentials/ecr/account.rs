//! An account of AWS in a Region, whose services are called without a registry.

use super::EcrHost;

/// Where a service is called that has nothing to do with a registry. It is reached as the account's registry in the Region
/// would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAccount(EcrHost);

impl AwsAccount {
    /// By the twelve digits of the account and the Region; `None` if either is not one.
    pub fn new(account: &str, region: &str) -> Option<Self> {
        // The suffix of each partition (botocore, partitions.json).
        let suffix = match region {
            _ if region.starts_with("cn-") => "amazonaws.com.cn",
            _ if region.starts_with("eusc-") => "amazonaws.eu",
            _ if region.starts_with("us-iso-") => "c2s.ic.gov",
            _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
            _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
            _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
            _ => "amazonaws.com",
        };
        let is_region = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let host = EcrHost::parse(&format!("{account}.dkr.ecr.{region}.{suffix}"))?;
        is_region.then_some(Self(host))
    }

    /// The user's own account in a Region: the credentials say which one it is.
    pub fn in_region(region: &str) -> Option<Self> {
        Self::new("000000000000", region)
    }

    /// The registry that the credentials are those of.
    pub fn host(&self) -> &EcrHost {
        &self.0
    }
}
