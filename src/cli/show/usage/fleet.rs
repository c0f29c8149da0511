//! Builds of several functions: what would collide, what changed, and the files for later steps of CI.

use std::fmt::Display;

use lambda_img::publish::Output;

use super::usage;
use crate::cli::show::error::CliError;

/// A repository can define filters, which are commands. They are switched off before git is asked.
pub fn git_filter(filter: &str) -> CliError {
    usage(
        format!("the git repository defines a filter `{filter}`, which cannot be switched off"),
        "remove the filter from the configuration of the repository",
    )
}

/// git could not answer.
pub fn git_failed(command: &str, said: &str) -> CliError {
    usage(
        format!("`git {command}` failed: {said}"),
        "`--changed-since` needs a revision of the git repository that contains lambda-img.toml, `verify --rebuild` a \
         clone of the repository that the image was built from",
    )
}

/// git could not be started.
pub fn no_git(error: impl Display) -> CliError {
    usage(
        format!("cannot start `git`: {error}"),
        "install git, which `--changed-since` and `verify --rebuild` need",
    )
}

/// The revision to compare with is not in the clone.
pub fn no_commit(revision: &str, dir: impl Display) -> CliError {
    usage(
        format!("git has no commit `{revision}` in `{dir}`"),
        "a shallow clone has few commits: fetch the one to compare with, as `fetch-depth: 0` does",
    )
}

/// A file would be replaced that this tool did not write.
pub fn not_ours(option: &str, path: impl Display) -> CliError {
    usage(
        format!("`{option}` names `{path}`, which no earlier build wrote"),
        "name another file, or remove this one",
    )
}

/// A file would be replaced that cannot be read.
pub fn unreadable(option: &str, path: impl Display, error: impl Display) -> CliError {
    usage(
        format!("`{option}` names `{path}`, which cannot be read: {error}"),
        "name another file, or remove this one",
    )
}

/// Each function needs an output of its own.
pub fn same_output(output: &Output) -> CliError {
    let hint = match output {
        Output::Layout { .. } => {
            "make the function's name part of the tag, as in `-o oci:lambda-image:{name}` in `[defaults]`"
        }
        _ => {
            "an archive contains one function: make the function's name part of the file's, as in \
             `oci-archive:{name}.tar`"
        }
    };
    usage(format!("several functions would be written to `{output}`"), hint)
}

/// Each function needs an image reference of its own.
pub fn same_tag(tag: &str) -> CliError {
    usage(
        format!("several functions would be pushed to `{tag}`"),
        "make the function's name part of it, as in `tag = \"…/{name}:v1\"` in `[defaults]`",
    )
}

/// A file is needed, but the path is a directory.
pub fn directory(option: &str, path: impl Display) -> CliError {
    usage(format!("`{option}` names `{path}`, which is a directory"), "name a file in it")
}

/// Two options write different files.
pub fn same_file(path: impl Display) -> CliError {
    usage(format!("`--image-refs` and `--metadata-file` both name `{path}`"), "name two different files")
}

/// A file of results has the name of the settings or the lock file.
pub fn overwrites(path: impl Display) -> CliError {
    usage(format!("`{path}` would be overwritten by the results of the build"), "name another file")
}

/// GitLab reads the results of functions from variables, whose names have only letters, digits and `_`.
pub fn same_variable(other: &str, name: &str, variable: &str, file: &str) -> CliError {
    usage(
        format!("functions `{other}` and `{name}` would both set `{variable}` in {file}"),
        "rename one of the functions, or use `--image-refs` or `--metadata-file`",
    )
}

/// A file of results would be part of an output.
pub fn inside_output(file: impl Display, output: &Output) -> CliError {
    usage(
        format!("`{file}` would be written into the output `{output}`"),
        "name a file outside of all outputs",
    )
}

/// `--ci github` writes into files that GitHub Actions names.
pub fn not_on_github(variable: &str) -> CliError {
    usage(
        format!("`--ci github` is given, but {variable} is not set"),
        "GitHub Actions sets it; in other systems use `--image-refs` or `--metadata-file`",
    )
}

/// `--refresh` runs a step again, by its name.
pub fn no_step(step: &str, known: &str) -> CliError {
    let hint = match known {
        "" => "no function has a step: add one with `step` in lambda-img.toml".to_owned(),
        known => format!("the steps are {known}"),
    };
    usage(format!("`--refresh` names the step `{step}`, which no function has"), hint)
}
