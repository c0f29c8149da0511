//! The host names of ECR, and the addresses of the services that belong to them.

/// The digits of an account.
const ACCOUNT: usize = 12;

/// What follows the region, in each partition (amazon-ecr-credential-helper, `client.go`).
const SUFFIXES: [&str; 9] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "on.aws",
    "on.amazonwebservices.com.cn",
    "sc2s.sgov.gov",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// A private registry of ECR.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EcrHost {
    /// The twelve digits of the account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Whether it is a FIPS endpoint, which Lambda does not take in an image's address.
    pub fips: bool,
    suffix: String,
}

impl EcrHost {
    /// The parts of `host`, where it is one of ECR's: `ACCOUNT.dkr.ecr.REGION.SUFFIX`, also `dkr-ecr` and
    /// `ecr-fips`.
    pub fn parse(host: &str) -> Option<Self> {
        let (account, rest) = host.split_at_checked(ACCOUNT)?;
        let rest = rest.strip_prefix(".dkr")?.strip_prefix(['.', '-'])?.strip_prefix("ecr")?;
        let fips = rest.strip_prefix("-fips");
        let (region, suffix) = fips.unwrap_or(rest).strip_prefix('.')?.split_once('.')?;
        let own = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let named = region.starts_with(|c: char| c.is_ascii_alphanumeric()) && region.chars().all(own);
        let whole = account.bytes().all(|byte| byte.is_ascii_digit()) && SUFFIXES.contains(&suffix);
        (named && whole).then(|| Self {
            account: account.to_owned(),
            region: region.to_owned(),
            fips: fips.is_some(),
            suffix: suffix.to_owned(),
        })
    }

    /// The base URL of a service's API: `https://api.ecr.<region>.<suffix>`; on dual-stack hosts
    /// `https://ecr.<region>.api.aws` (botocore, endpoint rules).
    #[cfg(any(feature = "aws", test))]
    pub(super) fn ecr_api(&self) -> String {
        let (fips, region) = (if self.fips { "-fips" } else { "" }, &self.region);
        match self.suffix.as_str() {
            "on.aws" => format!("https://ecr{fips}.{region}.api.aws"),
            "on.amazonwebservices.com.cn" => {
                format!("https://ecr{fips}.{region}.api.amazonwebservices.com.cn")
            }
            suffix => format!("https://api.ecr{fips}.{region}.{suffix}"),
        }
    }

    /// The base URL of another service in the same Region: `https://<service>.<region>.<suffix>`, with dual-stack
    /// hosts its dual-stack one (botocore, endpoint rules of `lambda` and `cloudwatch`).
    #[cfg(any(feature = "aws", test))]
    pub(super) fn service_api(&self, service: &str) -> String {
        let (fips, region) = (if self.fips { "-fips" } else { "" }, &self.region);
        match self.suffix.as_str() {
            "on.aws" => format!("https://{service}{fips}.{region}.api.aws"),
            "on.amazonwebservices.com.cn" => {
                format!("https://{service}{fips}.{region}.api.amazonwebservices.com.cn")
            }
            suffix => format!("https://{service}{fips}.{region}.{suffix}"),
        }
    }

    /// The registry of another account or Region in the same partition, reached the same way.
    pub fn elsewhere(&self, account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned(), ..self.clone() }
    }

    /// The partition of ARNs.
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("eusc") => "aws-eusc",
            _ if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The base URL of STS in the same region.
    #[cfg(any(feature = "aws", test))]
    pub(super) fn sts_api(&self) -> String {
        let suffix = match self.suffix.as_str() {
            "on.aws" => "amazonaws.com",
            "on.amazonwebservices.com.cn" => "amazonaws.com.cn",
            suffix => suffix,
        };
        format!("https://sts.{}.{suffix}", self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_host_is_known_and_no_other() {
        for (host, region, fips, api, sts) in [
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
                "eu-west-1",
                false,
                "https://api.ecr.eu-west-1.amazonaws.com",
                "https://sts.eu-west-1.amazonaws.com",
            ),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
                true,
                "https://api.ecr-fips.us-gov-west-1.amazonaws.com",
                "https://sts.us-gov-west-1.amazonaws.com",
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
                false,
                "https://api.ecr.cn-north-1.amazonaws.com.cn",
                "https://sts.cn-north-1.amazonaws.com.cn",
            ),
            (
                "123456789012.dkr-ecr.us-west-2.on.aws",
                "us-west-2",
                false,
                "https://ecr.us-west-2.api.aws",
                "https://sts.us-west-2.amazonaws.com",
            ),
            (
                "123456789012.dkr-ecr-fips.us-west-2.on.aws",
                "us-west-2",
                true,
                "https://ecr-fips.us-west-2.api.aws",
                "https://sts.us-west-2.amazonaws.com",
            ),
            (
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "cn-north-1",
                false,
                "https://ecr.cn-north-1.api.amazonwebservices.com.cn",
                "https://sts.cn-north-1.amazonaws.com.cn",
            ),
            (
                "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
                "eusc-de-east-1",
                false,
                "https://api.ecr.eusc-de-east-1.amazonaws.eu",
                "https://sts.eusc-de-east-1.amazonaws.eu",
            ),
            (
                "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
                "us-isob-east-1",
                false,
                "https://api.ecr.us-isob-east-1.sc2s.sgov.gov",
                "https://sts.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            let parsed = EcrHost::parse(host).expect(host);
            assert_eq!(
                (parsed.account.as_str(), parsed.region.as_str(), parsed.fips),
                ("123456789012", region, fips)
            );
            assert_eq!((parsed.ecr_api(), parsed.sts_api()), (api.to_owned(), sts.to_owned()));
        }
        for host in [
            "public.ecr.aws",
            "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
            "x123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com:443",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.org",
            "123456789012.dkr.ecr.-west-1.amazonaws.com",
            "123456789012.dkr_ecr.eu-west-1.amazonaws.com",
            "12345678901\u{0662}.dkr.ecr.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(EcrHost::parse(host), None, "{host}");
        }
    }
}
