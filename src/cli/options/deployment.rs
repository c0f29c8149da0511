//! The options of `deploy` and `rollback`. Those of [`DeployTarget`] are keys of lambda-img.toml too.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use super::headings::DEPLOYMENT;

/// Which Lambda function gets an image, and how it is reached there.
#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct DeployTarget {
    /// Deploy to this Lambda function, by name or ARN [default: the name in lambda-img.toml]
    ///
    /// A name is a function in the account and the Region of the image's repository. In lambda-img.toml, `{name}` stands
    /// for the name there.
    #[arg(help_heading = DEPLOYMENT, long, value_name = "FUNCTION", value_parser = function)]
    pub function: Option<String>,

    /// Publish a version, and move this alias to it
    #[arg(help_heading = DEPLOYMENT, long, value_name = "ALIAS", value_parser = alias)]
    pub alias: Option<String>,

    /// Publish a version, even without an alias
    #[arg(help_heading = DEPLOYMENT, long)]
    pub publish: bool,

    /// Move the tag in-use-FUNCTION.ALIAS to the image when the alias moves
    ///
    /// A lifecycle policy of the repository can keep the image by this tag: `lambda-img prune --policy` prints one. It has no
    /// effect without an alias, and in repositories whose tags are immutable.
    #[arg(help_heading = DEPLOYMENT, hide_short_help = true, long)]
    pub tag_in_use: bool,
}

/// How a new version is tried, and how invocations move to it.
#[derive(clap::Args)]
#[group(skip)]
pub struct Trial {
    /// Invoke the new version with the JSON event in this file before the alias moves
    #[arg(help_heading = DEPLOYMENT, long = "try", value_name = "FILE")]
    pub event: Option<PathBuf>,

    /// Send this part of the invocations to the new version first, for example 10%
    ///
    /// After the time of --for, the new version gets all invocations. If an alarm of --alarm is raised or an invocation
    /// of --try fails, the old version gets all of them again.
    #[arg(help_heading = DEPLOYMENT, long, value_name = "PERCENT", value_parser = part, requires = "period")]
    pub canary: Option<f64>,

    /// Let --canary last this long, for example 5m
    #[arg(
        help_heading = DEPLOYMENT,
        id = "period",
        long = "for",
        value_name = "TIME",
        value_parser = time,
        requires = "canary"
    )]
    pub period: Option<Duration>,

    /// Stop --canary if this CloudWatch alarm is raised; repeatable
    #[arg(help_heading = DEPLOYMENT, hide_short_help = true, long = "alarm", value_name = "NAME", requires = "canary")]
    pub alarms: Vec<String>,

    /// Wait at most this many seconds for each change of Lambda
    #[arg(help_heading = DEPLOYMENT, hide_short_help = true, long, value_name = "SECONDS", default_value = "600")]
    pub wait: NonZeroU64,
}

/// The name or the ARN of a function; its parts are looked at where the account is known.
pub fn function(text: &str) -> Result<String, String> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "-_:{}".contains(c);
    match !text.is_empty() && text.chars().all(is_known) {
        true => Ok(text.to_owned()),
        false => Err("is neither the name nor the ARN of a Lambda function".to_owned()),
    }
}

/// The name of a function (botocore, `lambda`, `FunctionName`).
pub fn name(text: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match (1..=64).contains(&text.len()) && text.chars().all(is_name) {
        true => Ok(text.to_owned()),
        false => Err("is not the name of a Lambda function".to_owned()),
    }
}

/// The ARN of a role (botocore, `lambda`, `RoleArn`:
/// `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`; no ARN lacks its partition or the `/`).
pub fn role(text: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_/".contains(c);
    let is_partition = |text: &str| {
        text.strip_prefix("aws").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphabetic() || c == '-'))
    };
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let is_role = match parts[..] {
        ["arn", partition, "iam", "", account, role] => {
            is_partition(partition)
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && role
                    .strip_prefix("role/")
                    .is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
        }
        _ => false,
    };
    if is_role {
        Ok(text.to_owned())
    } else {
        Err("is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME".to_owned())
    }
}

/// The name of an alias (botocore, `lambda`, `Alias`).
pub fn alias(text: &str) -> Result<String, String> {
    let is_name = (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    match is_name && !text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => {
            Err("is not a name of an alias: write letters, digits, `-` and `_`, and not only digits"
                .to_owned())
        }
    }
}

/// `10%` as a part of 1.
fn part(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    let number = number.filter(|number| *number > 0.0 && *number < 100.0);
    number.map(|number| number / 100.0).ok_or_else(|| "is not a part between 0% and 100%".to_owned())
}

/// `90s`, `5m` or `1h`.
fn time(text: &str) -> Result<Duration, String> {
    let unit = |text: &str| match text {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        _ => None,
    };
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let seconds = text[..at]
        .parse::<u64>()
        .ok()
        .zip(unit(&text[at..]))
        .and_then(|(count, unit)| count.checked_mul(unit));
    let seconds = seconds.filter(|seconds| (1..=86_400).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "is not a time of at most a day, such as 90s, 5m or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_times_and_names_parse_or_say_why_not() {
        assert_eq!(part("10%"), Ok(0.1));
        assert_eq!(part("0.5%"), Ok(0.005));
        for wrong in ["10", "0%", "100%", "-1%", "%", "NaN%", "inf%"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["", "5", "m", "0s", "25h", "5 m", "1d", "99999999999999999999h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert!(alias("live").is_ok() && alias("v-1_a").is_ok());
        for wrong in ["", "12", "a b", "a:b", "ä"] {
            assert!(alias(wrong).is_err(), "{wrong}");
        }
        for right in ["aws", "aws-cn", "aws-us-gov", "aws-eusc"] {
            assert!(role(&format!("arn:{right}:iam::123456789012:role/service/orders")).is_ok(), "{right}");
        }
        for wrong in [
            "orders",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::1:role/orders",
            "arn:aws 1:iam::123456789012:role/orders",
            "arn:azure:iam::123456789012:role/orders",
            "arn:aws:iam::123456789012:user/orders",
            "arn:aws:iam:eu-west-1:123456789012:role/orders",
        ] {
            assert!(role(wrong).is_err(), "{wrong}");
        }
        assert!(function("prod-{name}").is_ok() && function("a b").is_err() && function("").is_err());
    }
}
