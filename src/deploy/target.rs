//! `Target`: where a function is.

use super::error::InvalidFunction;
use crate::credentials::ecr::EcrHost;

/// Where a function is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The name, without account and Region.
    pub function: String,
    /// Account and Region, as a registry there.
    pub host: EcrHost,
}

impl Target {
    /// The function of this name or ARN. A name alone is one in the account and the Region of `host`, the registry of
    /// its image.
    ///
    /// # Errors
    /// [`InvalidFunction`]; an ARN of a version or an alias is one too.
    pub fn of(function: &str, host: &EcrHost) -> Result<Self, InvalidFunction> {
        let invalid = || InvalidFunction(crate::redact::text(function, 200));
        let parts: Vec<_> = function.split(':').collect();
        let (name, host) = match parts[..] {
            [name] => (name, host.clone()),
            ["arn", partition, "lambda", region, account, "function", name] => {
                let host = host.elsewhere(account, region);
                let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
                if !is_account || region.is_empty() || host.partition() != partition {
                    return Err(invalid());
                }
                (name, host)
            }
            _ => return Err(invalid()),
        };
        // botocore, `lambda`, `FunctionName`.
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match (1..=64).contains(&name.len()) && name.chars().all(is_name) {
            true => Ok(Self { function: name.to_owned(), host }),
            false => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns_are_known_and_nothing_else() {
        let host = EcrHost::parse("123456789012.dkr.ecr.eu-west-1.amazonaws.com").unwrap();
        let of =
            |text: &str| Target::of(text, &host).map(|one| (one.function, one.host.account, one.host.region));
        let found =
            |name: &str, account: &str, region: &str| Ok((name.into(), account.into(), region.into()));
        assert_eq!(of("orders"), found("orders", "123456789012", "eu-west-1"));
        let arn = "arn:aws:lambda:us-east-1:999999999999:function:a_b-c";
        assert_eq!(of(arn), found("a_b-c", "999999999999", "us-east-1"));
        let qualified = format!("{arn}:live");
        let long = "a".repeat(65);
        for wrong in [
            "",
            "a b",
            "a:live",
            &qualified,
            &long,
            "arn:aws:lambda:cn-north-1:999999999999:function:a",
            "arn:aws:lambda:us-east-1:99:function:a",
            "arn:aws:lambda:us-east-1:999999999999:layer:a",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
