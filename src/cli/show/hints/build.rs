//! What to do about builds that failed.

use lambda_img::build::{BuildError, Difference, FunctionError, LimitError, SharedDiffers};
use lambda_img::family::FamilyError;
use lambda_img::input::{InputError, SymlinkError, ZipFault};
use lambda_img::step::StepError;

use super::publish::publish;
use super::registry::cache_denied;
use super::source::source;

/// What to do about findings that are denied.
pub const DENIED: &str = "`lambda-img explain ID` explains a finding, and `--allow ID` accepts it";

/// What to do about a build that failed.
pub fn build(error: &BuildError) -> Option<String> {
    Some(match error {
        BuildError::Runtime(_) | BuildError::NoRuntime => {
            "`lambda-img runtimes --all` lists every runtime".to_owned()
        }
        BuildError::NoArchitecture => "set one, as in `--arch x86_64`".to_owned(),
        BuildError::Function(error) => function(error)?,
        BuildError::Limit(error) => limit(error)?,
        BuildError::Base(error) => source(error)?,
        BuildError::Step(error) => step(error)?.to_owned(),
        BuildError::Unpinned { arch, runtime: Some(runtime), stale: true, .. } => format!(
            "the lock file pins an older image of the runtime: update the pin with `lambda-img base update \
             --runtime {runtime} --arch {arch}`"
        ),
        BuildError::Unpinned { arch, runtime: Some(runtime), .. } => {
            format!("pin it with `lambda-img base lock --runtime {runtime} --arch {arch}`")
        }
        BuildError::Unpinned { base, runtime: None, .. } => {
            format!(
                "give its digest, as in `--base {base}@sha256:…`; a build without `--locked` prints the digest"
            )
        }
        BuildError::Push(stopped) => publish(&stopped.source)?,
        BuildError::Publish(error) => publish(error)?,
        BuildError::SharedLayer(differs) => shared(differs),
        BuildError::CopyTag(_) => {
            "tags of copies never move: find out what moved this one, delete the tag, and run the command again"
                .to_owned()
        }
        BuildError::Denied(_) => DENIED.to_owned(),
        BuildError::Target(_) => {
            "with several architectures, the tag gets the suffix `-ARCH`: choose a shorter or a valid tag"
                .to_owned()
        }
        _ => return None,
    })
}

/// What to do about an entry of the registry cache.
fn shared(differs: &SharedDiffers) -> String {
    let SharedDiffers { repository, name, how, .. } = differs;
    match how {
        Difference::Missing => "a build with `--registry-cache-write` writes it again".to_owned(),
        Difference::Unanswered(_) => {
            "run the build again when the registry answers, or without `--registry-cache-verify`".to_owned()
        }
        Difference::Denied(_) => {
            format!("{}; or run the build without `--registry-cache-verify`", cache_denied(repository))
        }
        Difference::Damaged(_) => format!(
            "find out what wrote the entry, and delete it: `lambda-img cache prune --registry {repository} --entry {}`",
            name.tag()
        ),
        _ => format!(
            "if the step writes different files each time, make its output reproducible; otherwise, find out \
             what wrote the entry, and delete it: `lambda-img cache prune --registry {repository} --entry {}`",
            name.tag()
        ),
    }
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
            "rename the file, or leave it out with `--exclude`".to_owned()
        }
        FunctionError::Input(InputError::Zip { source: ZipFault::Case { .. }, .. }) => {
            "leave one of them out with `--exclude`".to_owned()
        }
        FunctionError::Input(InputError::Symlink(error)) => symlink(error).to_owned(),
        FunctionError::Family(FamilyError::Missing { .. } | FamilyError::NoHandler { .. }) => {
            "set the handler with `--handler`".to_owned()
        }
        FunctionError::Family(FamilyError::NotOne { .. }) => {
            "build the output of `dotnet publish`; a class library needs \
             `<GenerateRuntimeConfigurationFiles>true</GenerateRuntimeConfigurationFiles>`"
                .to_owned()
        }
        FunctionError::NoBootstrap { .. } => {
            "give the program with `--bootstrap FILE`, or start another one with `--entrypoint`".to_owned()
        }
        FunctionError::NoLanguage { .. } => {
            "build on the base of the runtime, or add a runtime interface client with `--bootstrap` or `--entrypoint`"
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
            "set the program to start with `--entrypoint`, or choose another base".to_owned()
        }
        LimitError::TooBig { largest, .. } => {
            format!(
                "leave out files that the function does not need, with `--exclude GLOB`: perhaps `{largest}`"
            )
        }
        LimitError::Whiteout { .. } => "rename the file, or leave it out with `--exclude`".to_owned(),
        LimitError::SystemLink { .. } => "add the files below `/usr` or `/opt` instead".to_owned(),
        LimitError::Machine { arch, .. } => {
            format!("compile it for {arch}, or build with another `--arch`")
        }
        LimitError::CarriageReturn { origin, .. } => {
            format!("save `{origin}` with line ends LF, as `dos2unix` does")
        }
        LimitError::Command { .. } => "give one argument with `--handler` or `--cmd`".to_owned(),
        LimitError::Environment { .. } => {
            "set the other variables in the configuration of the function, or read them from a parameter store".to_owned()
        }
        _ => return None,
    })
}

/// What to do about a symbolic link that no image can hold.
fn symlink(error: &SymlinkError) -> &'static str {
    match error {
        SymlinkError::Leaves { .. } => {
            "copy the target into the function, as `cp -rL` does; or build the directory that contains both; or add \
             the target with `--add` and leave the link out with `--exclude`"
        }
        SymlinkError::Host { .. } => "make it relative: `ln -sr TARGET LINK`",
        _ => "correct the link, or leave it out with `--exclude`",
    }
}
