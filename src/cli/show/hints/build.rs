//! What to do about builds that failed.

use std::path::Path;

use lambda_img::build::{BuildError, FunctionError, LimitError};
use lambda_img::family::FamilyError;
use lambda_img::input::{InputError, SymlinkError, ZipFault};
use lambda_img::step::StepError;

use super::publish::publish;
use super::source::source;

/// What to do about findings that are denied.
pub const DENIED: &str = "`lambda-img explain ID` tells more, `--allow ID` accepts";

/// What to do about a command that was to make a function in a directory.
pub fn pre_build(dir: &Path) -> String {
    format!(
        "it ran in `{}`, and what it said is above; `lambda-img config` shows it whole; `--pre-build ''` builds what \
         is there without it",
        dir.display()
    )
}

/// What to do about a handler that settings name.
pub fn handler(origin: &str) -> String {
    format!("correct `handler` ({origin}), or give another with `--handler`")
}

/// What to do about a build that failed.
pub fn build(error: &BuildError) -> Option<String> {
    Some(match error {
        BuildError::Runtime(_) | BuildError::NoRuntime => {
            "`lambda-img runtimes --all` lists every runtime".to_owned()
        }
        BuildError::NoArchitecture => "name one, as in `--arch x86_64`".to_owned(),
        BuildError::Function(error) => function(error)?,
        BuildError::Limit(error) => limit(error)?,
        BuildError::Base(error) => source(error)?,
        BuildError::Step(error) => step(error)?.to_owned(),
        BuildError::Unpinned { arch, runtime: Some(runtime), stale: true, .. } => format!(
            "the lock file has an image that the runtime had before: `lambda-img base update --runtime \
             {runtime} --arch {arch}` moves the pin"
        ),
        BuildError::Unpinned { arch, runtime: Some(runtime), .. } => {
            format!("`lambda-img base lock --runtime {runtime} --arch {arch}` pins it")
        }
        BuildError::Unpinned { base, runtime: None, .. } => {
            format!(
                "name it by its digest, as in `--base {base}@sha256:…`; a build without `--locked` tells it"
            )
        }
        BuildError::Push(stopped) => publish(&stopped.source)?,
        BuildError::Publish(error) => publish(error)?,
        BuildError::Denied(_) => DENIED.to_owned(),
        BuildError::Target(_) => "the architecture is part of the tag where several are built".to_owned(),
        _ => return None,
    })
}

/// What to do about a step.
fn step(error: &StepError) -> Option<&'static str> {
    Some(match error {
        StepError::Twice { .. } => "give each step another `name`",
        StepError::Placeholder { .. } => "write `{{` and `}}` for braces of the command",
        StepError::To { .. } => "write to a directory such as /var/task or /opt",
        StepError::MissingInput { .. } => "correct `inputs` of the step, or remove the entry",
        StepError::Output { .. } => "remove the file at the end of `run`, or make the link relative",
        StepError::Failed { .. } => "the output of the command is above; the next build runs it again",
        StepError::Audit { .. } => "build without `--audit-steps`",
        _ => return None,
    })
}

/// What to do about files that do not make a function.
fn function(error: &FunctionError) -> Option<String> {
    Some(match error {
        FunctionError::Input(InputError::NotUtf8 { .. }) => {
            "rename it, or leave it out with `--exclude`".to_owned()
        }
        FunctionError::Input(InputError::Zip { source: ZipFault::Case { .. }, .. }) => {
            "leave one of them out with `--exclude`".to_owned()
        }
        FunctionError::Input(InputError::Symlink(error)) => symlink(error).to_owned(),
        FunctionError::Family(FamilyError::Missing { .. } | FamilyError::NoHandler { .. }) => {
            "name it with `--handler`".to_owned()
        }
        FunctionError::Family(FamilyError::NotOne { .. }) => {
            "build the output of `dotnet publish`; a class library needs \
             `<GenerateRuntimeConfigurationFiles>true</GenerateRuntimeConfigurationFiles>`"
                .to_owned()
        }
        FunctionError::NoBootstrap { .. } => {
            "name the program with `--bootstrap FILE`, or start another one with `--entrypoint`".to_owned()
        }
        FunctionError::NoLanguage { .. } => {
            "build on the runtime's own image, or bring a runtime client with `--bootstrap` or `--entrypoint`"
                .to_owned()
        }
        FunctionError::Clash(_) => "leave one of them out, for example with `--exclude`".to_owned(),
        _ => return None,
    })
}

/// What to do about what Lambda would refuse.
fn limit(error: &LimitError) -> Option<String> {
    Some(match error {
        LimitError::NoEntrypoint { .. } => {
            "name the program to start with `--entrypoint`, or choose another base".to_owned()
        }
        LimitError::TooBig { largest, .. } => {
            format!(
                "leave out what the function does not need, as in `--exclude GLOB`, if that is `{largest}`"
            )
        }
        LimitError::Whiteout { .. } => "rename it, or leave it out with `--exclude`".to_owned(),
        LimitError::SystemLink { .. } => "add below `/usr` or `/opt` instead".to_owned(),
        LimitError::Machine { arch, .. } => {
            format!("compile it for {arch}, or build with another `--arch`")
        }
        LimitError::CarriageReturn { origin, .. } => {
            format!("write `{origin}` with line feeds alone")
        }
        LimitError::Command { .. } => "give one word with `--handler` or `--cmd`".to_owned(),
        LimitError::Environment { .. } => {
            "set the rest as configuration of the function, or read it from a parameter store".to_owned()
        }
        _ => return None,
    })
}

/// What to do about a symbolic link that no image can hold.
fn symlink(error: &SymlinkError) -> &'static str {
    match error {
        SymlinkError::Leaves { .. } => {
            "copy what it links to into the function, as `cp -rL` does; or build the directory that holds both; or add \
             the target by its path with `--add` and leave the link out with `--exclude`"
        }
        SymlinkError::Host { .. } => "make it relative: `ln -sr TARGET LINK`",
        _ => "mend the link, or leave it out with `--exclude`",
    }
}
