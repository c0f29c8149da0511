//! Options that conflict, or that lack something.

use std::fmt::Display;

use super::usage;
use crate::cli::show::error::CliError;

/// Neither the command line nor the settings name a runtime.
pub fn no_runtime() -> CliError {
    usage("no runtime is set", "set one with `--runtime ID`; `lambda-img runtimes` lists them")
}

/// `--push` needs at least one image reference.
pub fn push_without_tag() -> CliError {
    usage("`--push` needs an image reference to push to", "add `-t REGISTRY/REPOSITORY:TAG`")
}

/// Image references are only for pushes. A local output has the name of the image in its own option.
pub fn tag_without_push() -> CliError {
    usage(
        "`-t` has no effect without `--push`",
        "add `--push`, or name the image in the output, as in `-o oci:DIR:TAG`",
    )
}

/// `--create-repository` creates the repositories that a push needs.
pub fn create_without_push() -> CliError {
    usage("`--create-repository` has no effect without `--push`", "add `--push`")
}

/// `--attest` attaches evidence to images in registries.
pub fn attest_without_push() -> CliError {
    usage("`--attest` has no effect without `--push`", "add `--push`")
}

/// Entries are compared that were found in a registry cache.
pub fn verify_without_registry_cache() -> CliError {
    usage(
        "`--registry-cache-verify` has no effect without `--registry-cache`",
        "add `--registry-cache HOST/REPOSITORY`, or set `registry-cache` in lambda-img.toml",
    )
}

/// An option turns off the registry cache whose entries must be compared.
pub fn verify_with_no_cache(option: &str) -> CliError {
    usage(
        format!("`--registry-cache-verify` compares nothing with `{option}`"),
        format!("leave out `{option}`, or add `--registry-cache-verify 0%`"),
    )
}

/// `attest` adds to an image that is in a registry.
pub fn attest_needs_registry(image: &str) -> CliError {
    usage(
        format!("`{image}` is not in a registry, and only a registry can keep evidence with an image"),
        "push it with `lambda-img push IMAGE REGISTRY/REPOSITORY:TAG --attest sbom`",
    )
}

/// Only a registry has evidence that can be copied.
pub fn referrers_need_registry(image: &str) -> CliError {
    usage(
        format!(
            "`{image}` is not in a registry, and `--with-referrers` copies the evidence that a registry has"
        ),
        "leave `--with-referrers` out, or push from REGISTRY/REPOSITORY:TAG",
    )
}

/// With `--offline` no requests are made, but this command or option needs them.
pub fn offline(command: &str) -> CliError {
    usage(format!("`{command}` needs the network"), "leave `--offline` out")
}

/// A file of `--ca-cert` cannot be read, or it contains no certificates.
pub fn certificates(error: impl Display) -> CliError {
    usage(format!("`--ca-cert`: {error}"), "give a PEM file of certificates")
}

/// The command needs AWS credentials, but the program was compiled without AWS support.
pub fn no_aws(error: impl Display) -> CliError {
    usage(format!("{error}"), "compile this program with the Cargo feature `aws`")
}

/// An option has a value that the library refuses.
pub fn refused(error: impl Display) -> CliError {
    usage(format!("{error}"), "correct the option")
}

/// `--username` is for a registry, but the command connects to none.
pub fn username_without_registry() -> CliError {
    usage("`--username` has no effect, because no registry is used", "leave `--username` out")
}

/// `--username` is for exactly one registry, but the command connects to several.
pub fn username_for_several(registries: &str) -> CliError {
    usage(
        format!("`--username` is for one registry, but the command uses several: {registries}"),
        "use one registry at a time, or log in with `lambda-img login`",
    )
}

/// `--password-stdin` reads the password from standard input.
pub fn no_password() -> CliError {
    usage(
        "`--password-stdin` is given, but standard input is empty",
        "pipe the password in, as in `pass show registry | lambda-img push …`",
    )
}

/// The user or the password would be asked for at the terminal.
pub fn no_terminal() -> CliError {
    usage(
        "cannot ask for the password: there is no terminal",
        "pipe the password in, as in `pass show registry | lambda-img login --username U --password-stdin`",
    )
}
