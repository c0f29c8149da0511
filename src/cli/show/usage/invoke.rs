//! `lambda-img invoke`: events and images that it cannot use.

use std::fmt::Display;

use super::usage;
use crate::cli::show::error::CliError;

/// The image lacks its configuration or a layer.
pub fn cannot_run(image: impl Display, why: &str) -> CliError {
    usage(format!("cannot run `{image}`: {why}"), "fetch or build the image again, with all its layers")
}

/// The environment has no credentials to hand over.
pub fn no_credentials_to_pass() -> CliError {
    usage(
        "`--pass-credentials` needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and one of them is not set",
        "set both, or omit `--pass-credentials`",
    )
}

/// The profile has no credentials to hand over.
pub fn no_credentials_of(profile: &str, why: &str) -> CliError {
    // The words of AWS's SDK.
    let is_unknown = ["was not defined", "No profiles were defined", "not enabled"];
    let hint = if is_unknown.iter().any(|words| why.contains(words)) {
        "correct the name: `aws configure list-profiles` lists the profiles of this machine".to_owned()
    } else {
        format!(
            "log in with `aws sso login --profile {profile}`, or look at the profile with `aws configure list --profile \
             {profile}`"
        )
    };
    usage(format!("the AWS profile `{profile}` has no credentials: {why}"), hint)
}

/// The variable that must be passed on is not there.
pub fn no_variable(name: &str) -> CliError {
    usage(
        format!("`--set-env {name}` passes on a variable of this environment, which has none of that name"),
        format!("set it, or give its value: `--set-env {name}=VALUE`"),
    )
}

/// Lambda refuses larger events.
pub fn event_too_large(origin: &str, limit: u64) -> CliError {
    usage(
        format!("the event in {origin} is larger than {limit} bytes"),
        "Lambda accepts events of up to 6 MB: use a smaller one",
    )
}

/// Lambda's synchronous invocations take JSON.
pub fn event_not_json(origin: &str, error: &serde_json::Error) -> CliError {
    usage(
        format!("the event in {origin} is not JSON: {error}"),
        "give JSON, a file that contains JSON, or `-` for standard input",
    )
}

/// No sample event has this name.
pub fn unknown_sample(name: &str, near: Option<&str>, names: &str) -> CliError {
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the samples are {names}"),
    };
    usage(format!("no sample event is called `{name}`"), hint)
}

/// What is given as an event is nothing that could be one.
pub fn no_event(name: &str, near: Option<&str>) -> CliError {
    let hint = match near {
        Some(near) => format!("did you mean the sample `{near}`?"),
        None => "give JSON, a file, or a sample: `lambda-img invoke --list-events` lists them".to_owned(),
    };
    usage(format!("`{name}` is neither a sample event nor a file"), hint)
}

/// Several functions are served, and one name is given.
pub fn one_name_for_many() -> CliError {
    usage(
        "`--function-name` is for one function, and lambda-img.toml has several",
        "name the function to serve, or omit `--function-name`",
    )
}

/// Only functions can be built again.
#[cfg(feature = "watch")]
pub fn image_to_watch(image: impl Display) -> CliError {
    usage(
        format!("`--watch` needs a function, and `{image}` is an image that exists"),
        "name a function, or omit `--watch`",
    )
}
