//! Why a command failed, as one type: the errors of the library, and those that only the command line has.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use lambda_img::arch::Arch;
use lambda_img::attest::AttestError;
use lambda_img::build::BuildError;
use lambda_img::check::UnknownCheck;
use lambda_img::credentials;
#[cfg(feature = "aws")]
use lambda_img::deploy::DeployError;
use lambda_img::epoch::InvalidEpoch;
use lambda_img::inspect::InspectError;
#[cfg(target_os = "linux")]
use lambda_img::invoke::InvokeError;
#[cfg(feature = "aws")]
use lambda_img::prune::PruneError;
use lambda_img::rebase::RebaseError;
use lambda_img::registry;
use lambda_img::registry_cache::NotAnEntry;
#[cfg(feature = "aws")]
use lambda_img::sign::SignError;
use lambda_img::source::pins::LockError;
use lambda_img::store::FileError;
use lambda_img::verify::VerifyError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A build.
    #[error(transparent)]
    Build(Box<BuildError>),
    /// A build whose handler comes from the settings, and where it is set: `lambda-img.toml:3 [functions.api]`.
    #[error("{0}")]
    Handler(#[source] Box<BuildError>, String),
    /// A push of an existing image.
    #[error(transparent)]
    Push(Box<BuildError>),
    /// A registry.
    #[error(transparent)]
    Registry(Box<registry::RegistryError>),
    /// A source of credentials failed.
    #[error("cannot get a credential for {host}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        source: credentials::CredentialError,
    },
    /// The command of `pre-build` ended with an error.
    #[error("`pre-build` failed: `{command}`: {status}")]
    PreBuild {
        /// The first line of the command.
        command: String,
        /// Where it ran.
        dir: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The command of `pre-build` could not be started.
    #[error("cannot start `{command}` of `pre-build`")]
    PreBuildStart {
        /// The first line of the command.
        command: String,
        /// Where it would have run.
        dir: PathBuf,
        /// The host's own error.
        source: io::Error,
    },
    /// Functions with the same `pre-build` run it once. It failed for the function of this name.
    #[error("`pre-build` failed for function `{function}`")]
    PreBuiltBy {
        /// The name of that function.
        function: String,
    },
    /// An error in the command line, the environment or `lambda-img.toml`: `show::usage` has the messages.
    #[error("{error}")]
    Usage {
        /// What is wrong.
        error: String,
        /// What to do.
        hint: String,
    },
    /// The password could not be read.
    #[error("cannot read the password from standard input")]
    Stdin(#[source] io::Error),
    /// The environment variable `SOURCE_DATE_EPOCH` has a value that is not a time.
    #[error("environment variable SOURCE_DATE_EPOCH: {0}")]
    Epoch(InvalidEpoch),
    /// Standard output is closed or full.
    #[error("cannot write to standard output")]
    Stdout(#[source] io::Error),
    /// The operating system refused to report signals to the program.
    #[error("cannot catch interrupts")]
    Signals(#[source] ctrlc::Error),
    /// The current directory does not exist, or it cannot be read.
    #[error("cannot find the current directory")]
    Here(#[source] io::Error),
    /// The host's own files.
    #[error(transparent)]
    File(FileError),
    /// The cache.
    #[error(transparent)]
    Cache(FileError),
    /// The lock file.
    #[error(transparent)]
    Lock(LockError),
    /// A command about bases needs a runtime, and the lock file has none to choose from.
    #[error("no runtime is set, and the lock file has none")]
    NoRuntime,
    /// `base update` changes only pins that exist.
    #[error("`{runtime}` for {arch} is not pinned")]
    NotPinned {
        /// The runtime.
        runtime: String,
        /// The architecture.
        arch: Arch,
    },
    /// Standard output lists the findings that are denied.
    #[error("{}", denied(*.findings))]
    Denied {
        /// How many.
        findings: usize,
    },
    /// A check that does not exist.
    #[error(transparent)]
    Check(UnknownCheck),
    /// An image that cannot be shown.
    #[error(transparent)]
    Inspect(InspectError),
    /// A function failed, and standard output has its error.
    #[cfg(target_os = "linux")]
    #[error("the function failed: {error_type}")]
    FunctionFailed {
        /// The type of the error, as Lambda names it.
        error_type: String,
        /// What is known of it.
        failed: Box<super::failed_function::FailedFunction>,
    },
    /// A function that cannot be run.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Invoke(Box<InvokeError>),
    /// A key that does not sign.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Sign(SignError),
    /// Evidence about an image.
    #[error(transparent)]
    Attest(AttestError),
    /// No verdict about the evidence of an image.
    #[error(transparent)]
    Verify(Box<VerifyError>),
    /// An image without the evidence that a policy asks for. What it lacks was printed before.
    #[error("`{image}` is not verified: it does not have what the policy asks for")]
    NotVerified {
        /// The image, by digest.
        image: String,
    },
    /// There is no place for the files of a commit.
    #[error("cannot make a directory for the files of the commit")]
    Checkout(#[source] io::Error),
    /// The repository of the current directory does not have the commit of a provenance.
    #[error("the provenance names commit {commit}, which this repository does not have")]
    NoCommit {
        /// The commit.
        commit: String,
    },
    /// The working tree is at the commit, with changes.
    #[error("the working tree is at commit {commit}, but has changes that are not in it, first in `{path}`")]
    UncommittedChanges {
        /// The commit.
        commit: String,
        /// The first path that is changed.
        path: String,
    },
    /// The commit does not have the directory in which the command runs.
    #[error("commit {commit} has no directory `{dir}`")]
    NotInCommit {
        /// The directory, below the top of the repository.
        dir: String,
        /// The commit.
        commit: String,
    },
    /// An image that cannot be put on another base.
    #[error(transparent)]
    Rebase(Box<RebaseError>),
    /// Images that are not put on another base. Each has its reasons above.
    #[error("{}", not_rebased(*.refused, *.differing, *.failed, *.of))]
    NotRebased {
        /// How many the new base would break.
        refused: usize,
        /// How many only answer an event in another way.
        differing: usize,
        /// How many have no plan.
        failed: usize,
        /// How many images there are.
        of: usize,
    },
    /// Two images differ, and the exit code has to say so. Standard output says how they differ.
    #[error("the images differ")]
    Differ,
    /// Functions that are not built. Each error was printed before.
    #[error("{}", ended(failed, (*.left, "built"), *.of, *.interrupted))]
    Fleet {
        /// The names of the functions that failed.
        failed: Vec<String>,
        /// How many were not begun, or interrupted.
        left: usize,
        /// How many functions there are.
        of: usize,
        /// The highest of the exit codes.
        code: u8,
        /// Whether the user interrupted the build.
        interrupted: bool,
    },
    /// A deployment, or a rollback.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Deploy(Box<DeployError>),
    /// No plan of what can be deleted.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Prune(PruneError),
    /// Functions that are not deployed. Each error was printed before.
    #[cfg(feature = "aws")]
    #[error("{}", ended(failed, (*.left, "begun"), *.of, *.interrupted))]
    NotDeployed {
        /// The names of the functions that failed.
        failed: Vec<String>,
        /// How many were not begun.
        left: usize,
        /// How many functions there are.
        of: usize,
        /// The highest of the exit codes.
        code: u8,
        /// Whether the user interrupted.
        interrupted: bool,
    },
    /// The one entry that was to be removed: `tag of repository`.
    #[error("{0} is not removed")]
    NotAnEntry(String, #[source] NotAnEntry),
    /// Entries that the registry did not remove. Standard error lists them.
    #[error("entries that were not removed: {entries}")]
    NotRemoved {
        /// How many.
        entries: usize,
    },
    /// Bases that are not what the tool expects of their runtimes. Standard output lists the differences.
    #[error("{}", unexpected(*.bases))]
    Differences {
        /// How many.
        bases: usize,
    },
}

fn denied(findings: usize) -> String {
    match findings {
        1 => "1 finding is denied".to_owned(),
        count => format!("{count} findings are denied"),
    }
}

fn ended(failed: &[String], (left, what): (usize, &str), of: usize, interrupted: bool) -> String {
    let names: Vec<_> = failed.iter().map(|name| format!("`{name}`")).collect();
    let parts = [
        interrupted.then(|| "interrupted".to_owned()),
        (!failed.is_empty())
            .then(|| format!("{} of {of} functions failed: {}", names.len(), names.join(", "))),
        (left > 0).then(|| format!("{left} of {of} not {what}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn not_rebased(refused: usize, differing: usize, failed: usize, of: usize) -> String {
    let parts = [
        (refused, "would not work on the new base"),
        (differing, "would answer in another way on the new base"),
        (failed, "cannot be put on another base"),
    ];
    let found: Vec<_> = parts.iter().filter(|(count, _)| *count > 0).collect();
    let parts: Vec<_> = found.iter().map(|(count, what)| format!("{count} {what}")).collect();
    let images = if of == 1 { "image" } else { "images" };
    format!("of {of} {images}, {}; nothing was pushed", parts.join(", and "))
}

fn unexpected(bases: usize) -> String {
    match bases {
        1 => "1 base is not as expected".to_owned(),
        count => format!("{count} bases are not as expected"),
    }
}
