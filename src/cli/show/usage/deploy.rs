//! Deployments that the command line or the settings describe wrongly.

use std::fmt::Display;

use super::usage;
use crate::cli::show::error::CliError;

/// Functions are deployed by their names in lambda-img.toml.
pub fn not_a_function(word: &str) -> CliError {
    usage(
        format!("`{word}` is not a function of lambda-img.toml"),
        "give the name of a function there, or an image with `--function NAME`",
    )
}

/// A value of the settings that the deployment needs is malformed.
pub fn bad_setting(function: &str, key: &str, value: &str, why: &str) -> CliError {
    usage(
        format!("`{key}` of function `{function}`: `{value}` {why}"),
        "`lambda-img config` shows where it is set",
    )
}

/// Lambda reads images only from Amazon ECR.
pub fn no_repository(function: &str) -> CliError {
    usage(
        format!("function `{function}` has no image in Amazon ECR"),
        "set `tag` in lambda-img.toml, or give it with `--tag ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`",
    )
}

/// An image in another registry cannot be deployed.
pub fn not_ecr(image: impl Display) -> CliError {
    usage(
        format!("`{image}` is not in Amazon ECR"),
        "copy it there with `lambda-img push`: Lambda reads images only from private repositories of Amazon ECR",
    )
}

/// An image does not say which function gets it.
pub fn image_without_function(image: impl Display) -> CliError {
    usage(format!("no function is named for `{image}`"), "name it with `--function NAME`")
}

/// One image goes to one function.
pub fn several_with_image() -> CliError {
    usage("an image is deployed alone", "give one image, or names of functions in lambda-img.toml")
}

/// The name is wrong.
pub fn bad_function(error: impl Display) -> CliError {
    usage(
        error.to_string(),
        "correct `function` in lambda-img.toml or `--function`; an ARN ends with the name",
    )
}

/// An ARN names a function in a Region where the image is not.
pub fn other_region(function: &str, region: &str) -> CliError {
    usage(
        format!("function `{function}` is in {region}, but its image has no tag in a repository there"),
        format!("push the image to a repository in {region}: Lambda reads images only from its own Region"),
    )
}

/// A canary moves an alias.
pub fn canary_without_alias() -> CliError {
    usage("`--canary` needs an alias", "name it with `--alias NAME`")
}

/// The event is not JSON, or it cannot be read.
pub fn bad_event(path: impl Display, why: impl Display) -> CliError {
    usage(format!("cannot use the event in `{path}`: {why}"), "give a file with one JSON value")
}

/// A rollback moves an alias.
pub fn rollback_without_alias(function: &str) -> CliError {
    usage(
        format!("no alias is set for function `{function}`"),
        "name it with `--alias NAME`, or set `alias` in lambda-img.toml",
    )
}

/// A repository of another registry has no functions of Lambda.
pub fn not_in_ecr(repository: impl Display) -> CliError {
    usage(
        format!("`{repository}` is not a repository of Amazon ECR"),
        "give ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY",
    )
}

/// Functions of accounts that may pull can use images that look unused.
pub fn accounts_not_looked_at(repository: impl Display, accounts: &str) -> CliError {
    usage(
        format!(
            "the policy of `{repository}` lets others pull whose functions were not looked at: {accounts}"
        ),
        "look at them with `--account ACCOUNT`; with `--accounts-complete` you say that no other function uses the images",
    )
}
