//! Why a command failed, as one type: what the library says, and what only the command line knows.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::{fmt, io};

use lambda_img::arch::Arch;
use lambda_img::build::BuildError;
use lambda_img::check::UnknownCheck;
use lambda_img::credentials;
use lambda_img::epoch::InvalidEpoch;
use lambda_img::examine::ExamineError;
use lambda_img::inspect::InspectError;
use lambda_img::invoke::InvokeError;
use lambda_img::registry;
use lambda_img::runtime::RuntimeError;
use lambda_img::source::pins::LockError;
use lambda_img::store::FileError;

/// Why a command failed.
#[derive(Debug)]
pub enum CliError {
    /// A build.
    Build(Box<BuildError>),
    /// A build whose handler settings name, and where they do: `lambda-img.toml:3 [functions.api]`.
    Handler(Box<BuildError>, String),
    /// A push of an image that exists.
    Push(Box<BuildError>),
    /// A registry.
    Registry(Box<registry::RegistryError>),
    /// A provider of credentials.
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        source: credentials::CredentialError,
    },
    /// What makes a function.
    PreBuild {
        /// The first line of the command.
        command: String,
        /// Where it ran.
        dir: PathBuf,
        /// How it ended, or why it did not begin.
        why: Result<ExitStatus, io::Error>,
    },
    /// What makes a function, which went wrong for the function of this name before.
    PreBuiltBy(String),
    /// Options that do not go together.
    Usage {
        /// What is wrong.
        error: String,
        /// What to do.
        hint: String,
    },
    /// Standard input.
    Stdin(io::Error),
    /// The environment variable `SOURCE_DATE_EPOCH`.
    Epoch(InvalidEpoch),
    /// Stdout is closed or full.
    Stdout(io::Error),
    /// Signals cannot be caught.
    Signals(ctrlc::Error),
    /// There is no current directory.
    Here(io::Error),
    /// The host's own.
    File(FileError),
    /// The cache.
    Cache(FileError),
    /// The lock file.
    Lock(LockError),
    /// A command about bases that names none.
    NoRuntime,
    /// A pin to move that is not there.
    NotPinned {
        /// The runtime.
        runtime: String,
        /// The architecture.
        arch: Arch,
    },
    /// Findings of checks that are denied, which stdout lists.
    Denied(usize),
    /// A check that does not exist.
    Check(UnknownCheck),
    /// An image that cannot be shown.
    Inspect(InspectError),
    /// A function failed, and stdout has its error: the type of it.
    FunctionFailed(String),
    /// A function that cannot be run.
    Invoke(Box<InvokeError>),
    /// Two images that differ, where the exit code is to say so; stdout says how.
    Differ,
    /// Functions of a fleet that are not built; why each failed was told before.
    Fleet {
        /// The names of those that failed.
        failed: Vec<String>,
        /// How many were not begun, or interrupted.
        left: usize,
        /// How many there are in all.
        of: usize,
        /// The worst of the exit codes.
        code: u8,
        /// Whether the user did not wait for the end.
        interrupted: bool,
    },
    /// Bases that are not what is known of their runtimes, which stdout lists.
    Differences(usize),
}

impl CliError {
    /// Options that do not go together, and what to do.
    pub fn usage(error: &str, hint: &str) -> Self {
        CliError::Usage { error: error.to_owned(), hint: hint.to_owned() }
    }

    /// An error about an image that is shown.
    pub fn of_inspection(error: InspectError) -> Self {
        match error {
            InspectError::Examine(error) => CliError::of_image(error),
            other => CliError::Inspect(other),
        }
    }

    /// An error about an image that is not a base.
    pub fn of_image(error: ExamineError) -> Self {
        match CliError::from(BuildError::from(error)) {
            CliError::Build(error) => CliError::Push(error),
            other => other,
        }
    }
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        CliError::Build(Box::new(error))
    }
}

impl From<InvokeError> for CliError {
    fn from(error: InvokeError) -> Self {
        CliError::Invoke(Box::new(error))
    }
}

impl From<RuntimeError> for CliError {
    fn from(error: RuntimeError) -> Self {
        BuildError::Runtime(error).into()
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CliError::Build(error) | CliError::Handler(error, _) | CliError::Push(error) => error.fmt(f),
            CliError::Registry(error) => error.fmt(f),
            CliError::Credentials { host, .. } => write!(f, "no credential for {host}"),
            CliError::PreBuild { command, why: Ok(status), .. } => {
                write!(f, "pre-build `{command}`: {status}")
            }
            CliError::PreBuild { command, .. } => write!(f, "start `{command}` of `pre-build`"),
            CliError::PreBuiltBy(name) => write!(f, "`pre-build` of `{name}` went wrong"),
            CliError::Usage { error, .. } => f.write_str(error),
            CliError::Stdin(_) => f.write_str("read the password from standard input"),
            CliError::Epoch(error) => write!(f, "environment variable SOURCE_DATE_EPOCH: {error}"),
            CliError::Stdout(_) => f.write_str("write to standard output"),
            CliError::Signals(_) => f.write_str("catch interrupts"),
            CliError::Here(_) => f.write_str("find the current directory"),
            CliError::File(error) | CliError::Cache(error) => error.fmt(f),
            CliError::Lock(error) => error.fmt(f),
            CliError::NoRuntime => f.write_str("no runtime is named, and the lock file has none"),
            CliError::NotPinned { runtime, arch } => write!(f, "`{runtime}` for {arch} is not pinned"),
            CliError::Denied(1) => f.write_str("1 finding is denied"),
            CliError::Denied(count) => write!(f, "{count} findings are denied"),
            CliError::Check(error) => error.fmt(f),
            CliError::Inspect(error) => error.fmt(f),
            CliError::Fleet { failed, left, of, interrupted, .. } => {
                let names: Vec<_> = failed.iter().map(|name| format!("`{name}`")).collect();
                let parts = [
                    interrupted.then(|| "interrupted".to_owned()),
                    (!failed.is_empty())
                        .then(|| format!("{} of {of} functions failed: {}", names.len(), names.join(", "))),
                    (*left > 0).then(|| format!("{left} of {of} not built")),
                ];
                f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
            }
            CliError::FunctionFailed(error_type) => write!(f, "the function failed: {error_type}"),
            CliError::Invoke(error) => error.fmt(f),
            CliError::Differ => f.write_str("the images differ"),
            CliError::Differences(count) => {
                let bases = if *count == 1 { "base is" } else { "bases are" };
                write!(f, "{count} {bases} not as expected")
            }
        }
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CliError::Build(error) | CliError::Handler(error, _) | CliError::Push(error) => error.source(),
            CliError::Registry(error) => error.source(),
            CliError::Invoke(error) => error.source(),
            CliError::Credentials { source, .. } => Some(source),
            CliError::PreBuild { why, .. } => Some(why.as_ref().err()?),
            CliError::Stdin(error) | CliError::Stdout(error) | CliError::Here(error) => Some(error),
            CliError::File(error) | CliError::Cache(error) => error.source(),
            CliError::Lock(error) => error.source(),
            CliError::Signals(error) => Some(error),
            _ => None,
        }
    }
}
