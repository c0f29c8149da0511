//! Commands that cannot do what they are asked for.

use std::fmt::Display;

use super::usage;
use crate::cli::show::error::CliError;

/// `lambda-img init` does not replace a file.
#[cfg(feature = "init")]
pub fn init_exists(path: impl Display) -> CliError {
    usage(format!("`{path}` already exists"), "edit the file, or move it away: `init` overwrites nothing")
}

/// `lambda-img init` recognises a function by the files of its language.
#[cfg(feature = "init")]
pub fn init_found_nothing(dir: impl Display) -> CliError {
    usage(
        format!("`{dir}` has no file from which `init` recognises a function"),
        "`init` looks for requirements.txt, pyproject.toml, package.json, go.mod, Cargo.toml, pom.xml, build.gradle, \
         *.csproj, Gemfile, Pipfile, poetry.lock, bootstrap, template.yaml, serverless.yml, and files with a handler of \
         the usual name",
    )
}

/// A template cannot be read, or no image can be built of its functions.
#[cfg(feature = "init")]
pub fn init_refused(error: &str, hint: &str) -> CliError {
    usage(error, hint)
}

/// Permission to push belongs to a repository.
pub fn push_needs_repository(host: &str) -> CliError {
    usage("`--push` needs a repository to check", format!("name it, as in `{host}/REPOSITORY`"))
}

/// Other registries know no policies of IAM.
pub fn policy_needs_ecr(host: &str) -> CliError {
    usage(
        format!("{host} is not a registry of Amazon ECR, so no IAM policy is for it"),
        "name a repository of ECR, as in `123456789012.dkr.ecr.eu-west-1.amazonaws.com/cache`",
    )
}

/// The feature is switched off in this build of the program.
#[cfg(not(feature = "watch"))]
pub fn no_watch() -> CliError {
    usage(
        "this `lambda-img` was compiled without `--watch`",
        "compile it with the feature `watch` of its crate, which is on by default",
    )
}

/// The build ended without an image.
pub fn nothing_built() -> CliError {
    usage("no image was built", "name one architecture with `--arch`")
}

/// A pin records which image a tag names, which only the registry knows.
pub fn cannot_pin_offline(runtime: &str, arch: impl Display) -> CliError {
    usage(
        format!("`{runtime}` for {arch} is not pinned, and its registry cannot be asked"),
        "leave `--offline` out",
    )
}

/// `base update` and `base sync` are about pins that exist.
pub fn nothing_pinned(runtimes: &[String]) -> CliError {
    let runtimes = if runtimes.is_empty() { "ID".to_owned() } else { runtimes.join(",") };
    usage(
        "no base is pinned: there is no lock file, or it is empty".to_owned(),
        format!("pin one with `lambda-img base lock --runtime {runtimes}`, and run the command again"),
    )
}

/// There is no default: the repository is the user's.
pub fn no_base_repository() -> CliError {
    usage(
        "no repository is given to copy the base images to".to_owned(),
        "add `--base-repository HOST/REPOSITORY`, or set `base-repository` under `[defaults]` in lambda-img.toml",
    )
}

/// An age of 0 days means what `cache policy` does not take, either.
pub fn registry_limit_of_no_day() -> CliError {
    usage(
        "`--older-than` needs at least 1 day with `--registry`".to_owned(),
        "give the days, as in `--older-than 30`; `--max-size 0` removes all entries",
    )
}

/// Other machines use the entries: they are not all removed by a command without a limit.
pub fn no_registry_limit() -> CliError {
    usage(
        "`cache prune --registry` needs a limit".to_owned(),
        "add `--older-than DAYS`, `--max-size SIZE`, `--other-formats` or `--entry TAG`; `--max-size 0` removes all \
         entries",
    )
}

/// HTTP ends the user name at the first colon.
pub fn bad_user(username: &str) -> CliError {
    usage(format!("`{username}` is not a valid user name"), "a user name is not empty and contains no colon")
}

/// The password was asked for, and the answer was empty.
pub fn empty_password() -> CliError {
    usage("the password is empty", "nothing was stored: try again")
}

/// Logins are stored in the home directory.
pub fn no_home() -> CliError {
    usage(
        "there is no place for logins, because HOME is not set",
        "set HOME, or DOCKER_CONFIG to a directory",
    )
}

/// Two images of one repository cannot have one tag.
pub fn one_tag_of_several_images(count: usize) -> CliError {
    usage(
        format!("`--tag` is for one image, and there are {count}"),
        "leave `--tag` out: each new image gets its old tag and its digest",
    )
}

/// An image in a layout or an archive has no repository.
pub fn rebase_needs_repository(image: &str) -> CliError {
    usage(
        format!("`{image}` is not in a registry, and `--push` needs a repository"),
        "name it with `--repository REGISTRY/REPOSITORY`",
    )
}

/// An account and a Region are given by their registry.
#[cfg(feature = "aws")]
pub fn not_an_account(registry: &str) -> CliError {
    usage(
        format!("`{registry}` is not a registry of Amazon ECR"),
        "name account and Region, as in `--account 123456789012.dkr.ecr.eu-west-1.amazonaws.com`",
    )
}

/// Lambda names an image that is not a reference.
#[cfg(feature = "aws")]
pub fn not_an_image(image: &str) -> CliError {
    usage(
        format!("a function has the image `{image}`, which is not a reference"),
        "name the images to rebase instead of `--account`",
    )
}

/// Only the key `tag` says where the images of a function are.
pub fn rebase_without_tag(function: &str) -> CliError {
    usage(
        format!("function `{function}` has no `tag`, which names its images"),
        "set `tag` in lambda-img.toml, or name the image, as in REGISTRY/REPOSITORY:TAG",
    )
}

/// What a function runs stays under its tag.
pub fn tag_of_the_old_image(tag: &str) -> CliError {
    usage(
        format!("`{tag}` is the tag of the old image, which stays"),
        "give another tag, or leave `--tag` out",
    )
}

/// The sandbox of functions is made of Linux's namespaces.
#[cfg(not(target_os = "linux"))]
pub fn linux_only() -> CliError {
    usage(
        "`lambda-img invoke` runs functions on Linux only",
        "run it in a Linux container or virtual machine",
    )
}
