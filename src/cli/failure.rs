//! The one boundary where errors become words: `error:`, `caused by:`, `hint:`, and an exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use lambda_img::base::BaseError;
use lambda_img::epoch::InvalidEpoch;
use lambda_img::family::FamilyError;
use lambda_img::pack::PackError;
use lambda_img::pipeline::BuildError;
use lambda_img::publish::PublishError;
use lambda_img::runtime::RuntimeError;

/// Exit codes (design, section 7).
const FAILED: u8 = 1;
const USAGE: u8 = 2;
/// A fault of the program.
pub const INTERNAL: u8 = 70;
const INTERRUPTED: u8 = 130;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// A build.
    Build(Box<BuildError>),
    /// The environment variable `SOURCE_DATE_EPOCH`.
    Epoch(InvalidEpoch),
    /// Stdout is closed or full.
    Stdout(std::io::Error),
    /// Signals cannot be caught.
    Signals(ctrlc::Error),
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Failure::Build(Box::new(error))
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        BuildError::Runtime(error).into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Build(error) => error.fmt(f),
            Failure::Epoch(error) => write!(f, "environment variable SOURCE_DATE_EPOCH: {error}"),
            Failure::Stdout(_) => f.write_str("write to standard output"),
            Failure::Signals(_) => f.write_str("catch interrupts"),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Failure::Build(error) => error.source(),
            Failure::Epoch(_) => None,
            Failure::Stdout(error) => Some(error),
            Failure::Signals(error) => Some(error),
        }
    }
}

impl Failure {
    /// Prints the error, its causes and what to do, to stderr.
    pub fn print(&self) {
        eprintln!("error: {self}");
        let mut last = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Wrappers that only pass a message on would say it twice.
            if !last.ends_with(&text) {
                eprintln!("caused by: {text}");
            }
            last = text;
            cause = error.source();
        }
        if let Some(hint) = self.hint() {
            eprintln!("hint: {hint}");
        }
    }

    /// The code to exit with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Build(error) => match **error {
                BuildError::Pack(PackError::Interrupted)
                | BuildError::Base(BaseError::Pack { source: PackError::Interrupted, .. }) => INTERRUPTED,
                BuildError::Runtime(_) => USAGE,
                _ => FAILED,
            },
            Failure::Epoch(_) => USAGE,
            Failure::Stdout(_) | Failure::Signals(_) => FAILED,
        })
    }

    fn hint(&self) -> Option<String> {
        let Failure::Build(error) = self else { return None };
        Some(match &**error {
            BuildError::Runtime(_) => "`lambda-img runtimes --all` lists every runtime".to_owned(),
            BuildError::Family(FamilyError::Missing { .. } | FamilyError::NoHandler { .. }) => {
                "name it with `--handler`".to_owned()
            }
            BuildError::Family(FamilyError::NotOne { .. }) => {
                "build the output of `dotnet publish`; a class library needs \
                 `<GenerateRuntimeConfigurationFiles>true</GenerateRuntimeConfigurationFiles>`"
                    .to_owned()
            }
            BuildError::NoBootstrap { .. } => {
                "name the program with `--bootstrap FILE`, or start another one with `--entrypoint`"
                    .to_owned()
            }
            BuildError::NoLanguage { .. } => {
                "build on the runtime's own image, or bring a runtime client with `--bootstrap` or `--entrypoint`"
                    .to_owned()
            }
            BuildError::Clash(_) => "leave one of them out, for example with `--exclude`".to_owned(),
            BuildError::Base(error) => base_hint(error)?,
            BuildError::Publish(PublishError::NotOurs { path, .. }) => {
                format!("remove `{}` or choose another output", path.display())
            }
            BuildError::Publish(PublishError::Family(_)) => {
                "write a `docker-archive:`, or leave `--format docker` out".to_owned()
            }
            BuildError::Machine { arch, .. } => {
                format!("compile it for {arch}, or build with another `--arch`")
            }
            BuildError::CarriageReturn { origin, .. } => {
                format!("write `{origin}` with line feeds alone")
            }
            BuildError::Command { .. } => "give one word with `--handler` or `--cmd`".to_owned(),
            BuildError::Environment { .. } => {
                "set the rest as configuration of the function, or read it from a parameter store".to_owned()
            }
            _ => return None,
        })
    }
}

fn base_hint(error: &BaseError) -> Option<String> {
    Some(match error {
        BaseError::Registry(reference) => format!(
            "copy it once with `skopeo copy docker://{reference} oci:base:latest` and build with \
             `--base oci:base:latest`; or build a static binary with `--base embedded`"
        ),
        BaseError::NoMatch { .. } | BaseError::Ambiguous { .. } => {
            "name one behind the path, as in `oci:DIR:TAG`".to_owned()
        }
        BaseError::Platform { arch, .. } => {
            format!("choose a base for linux/{}, or another `--arch`", arch.oci())
        }
        BaseError::Blob { .. } => "copy the base again".to_owned(),
        _ => return None,
    })
}
