//! Functions, sources and variables that the settings do not explain.

use std::fmt::Display;

use super::usage;
use crate::cli::show::error::CliError;

/// The command works on one image, but the settings name several architectures.
pub fn several_archs(name: &str, archs: &str, first: impl Display) -> CliError {
    usage(
        format!("`{name}` is built for {archs}, but this command takes one image"),
        format!("choose one, as in `--arch {first}`"),
    )
}

/// Two variables of the environment set one option.
pub fn two_variables(other: &str, name: &str, option: &str) -> CliError {
    usage(
        format!("environment variables {other} and {name} both set `{option}`"),
        format!("unset {name}, which is the older name"),
    )
}

/// A variable of the environment has a value that its option does not take.
pub fn variable(name: &str, why: &str, option: &str) -> CliError {
    usage(
        format!("environment variable {name}: {why}"),
        format!("correct the variable or unset it; it sets the option `{option}`"),
    )
}

/// The options of the settings do not go together. The message is that of the command line.
pub fn settings_refused(error: impl Display) -> CliError {
    usage(format!("{error}"), "`lambda-img config` shows where each value is set")
}

/// The options of the environment do not go together. The message is that of the command line.
pub fn environment_refused(error: impl Display) -> CliError {
    usage(format!("{error}"), "correct or unset the variable LAMBDA_IMG_… of this option")
}

/// A word is neither an image nor a function.
pub fn not_a_source(why: &str) -> CliError {
    usage(
        why,
        "write an image as `oci:DIR:TAG` or the like, or a function as its path or its name in lambda-img.toml",
    )
}

/// The command works on one function, but several are meant.
pub fn one_function() -> CliError {
    usage("this command takes one function", "name the function")
}

/// A word could be a function or an image, and is neither.
pub fn unknown_source(word: &str, has_file: bool, near: Option<&str>, images: &str) -> CliError {
    let hint = match near {
        Some(near) => format!("did you mean the function `{near}`?"),
        None => format!("write `./{word}` for a function, {images}"),
    };
    match has_file {
        true => usage(
            format!("`{word}` is not a function of lambda-img.toml, not a path, and has no registry"),
            hint,
        ),
        false => usage(format!("`{word}` is not a path, and has no registry"), hint),
    }
}

/// A profile is chosen, but no `lambda-img.toml` is found.
pub fn profile_without_file(name: &str, by: &str) -> CliError {
    usage(
        format!("profile `{name}`, which {by} names, does not exist: there is no lambda-img.toml"),
        "create the file with `lambda-img init`; it is searched here and in the directories above",
    )
}

/// A profile is chosen that `lambda-img.toml` does not define.
pub fn unknown_profile(name: &str, by: &str, file: &str, near: Option<&str>, known: &str) -> CliError {
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("add `[profiles.{name}]` to the file"),
        None => format!("the profiles are {known}"),
    };
    usage(format!("profile `{name}`, which {by} names, is not in `{file}`"), hint)
}

/// The file defines several functions, and the command line does not say which of them to use.
pub fn which_function(file: &str, count: usize, names: &str, has_all: bool) -> CliError {
    let hint = match has_all {
        true => "name the functions to build, or build them all with `--all`",
        false => "name one of them",
    };
    usage(format!("`{file}` has {count} functions: {names}"), hint)
}

/// A word is neither the name of a function nor an existing path.
pub fn unknown_function(word: &str, near: Option<&str>, names: &str) -> CliError {
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the functions are {names}"),
    };
    usage(format!("`{word}` is neither a function of lambda-img.toml nor a path"), hint)
}

/// All functions are meant, but the file defines none.
pub fn no_functions(file: &str) -> CliError {
    usage(
        format!("`{file}` has no functions"),
        "add them as `[functions.NAME]`; `lambda-img init` writes such a file",
    )
}

/// The path of the function does not exist.
pub fn no_path(path: &str) -> CliError {
    usage(format!("`{path}` does not exist"), "give the path of a function's directory or file")
}

/// The path belongs to a function of `lambda-img.toml`, whose settings apply only to its name.
pub fn path_of_function(path: &str, name: &str) -> CliError {
    usage(
        format!("no runtime is set for the path `{path}`"),
        format!(
            "it is the path of the function `{name}` in lambda-img.toml: write `{name}` instead of `{path}`"
        ),
    )
}

/// The path belongs to several functions of `lambda-img.toml`, whose settings apply only to their names.
pub fn path_of_functions(path: &str, names: &str) -> CliError {
    usage(
        format!("no runtime is set for the path `{path}`"),
        format!("functions of lambda-img.toml have this path: write a name instead of `{path}`: {names}"),
    )
}

/// Neither the command line nor the settings name a runtime for the function.
pub fn no_runtime_for(function: &str) -> CliError {
    usage(
        format!("no runtime is set for `{function}`"),
        "add `--runtime ID`, or write `runtime = \"ID\"` into lambda-img.toml, which `lambda-img init` creates; \
         `lambda-img runtimes` lists them",
    )
}

/// The only placeholder in settings is `{name}`.
pub fn unknown_placeholder(placeholder: &str, key: &str, text: &str, origin: impl Display) -> CliError {
    usage(
        format!("unknown placeholder `{placeholder}` in `{key}`, which is `{text}` ({origin})"),
        "the only placeholder is `{name}`, the name of the function",
    )
}

/// A setting contains `{name}`, but a path is built instead of a function of `lambda-img.toml`.
pub fn no_name(key: &str, text: &str, origin: impl Display) -> CliError {
    usage(
        format!("`{key}` is `{text}` ({origin}), but a path has no function name"),
        format!("build a function of lambda-img.toml by its name, or give `--{key}`"),
    )
}
