//! What to do about the error of a command.

use std::error::Error;
use std::io;

#[cfg(feature = "aws")]
use lambda_img::attest::AttestError;
#[cfg(feature = "aws")]
use lambda_img::prune::PruneError;
#[cfg(feature = "aws")]
use lambda_img::sign::SignError;
use lambda_img::source::pins::LockError;

use super::build::{DENIED, build};
#[cfg(feature = "aws")]
use super::deploy::deploy;
#[cfg(target_os = "linux")]
use super::invoke;
#[cfg(feature = "aws")]
use super::login::aws;
use super::login::login;
use super::rebase::rebase;
use super::registry::checked;
use super::source::{CACHE, inspection};
use crate::cli::show::error::CliError;

/// What to do about it, if something helps.
pub fn command(error: &CliError) -> Option<String> {
    if is_limited(error) {
        return Some(
            "`ulimit -f` prints the largest size that a file can have, and `ulimit -f unlimited` removes the limit"
                .to_owned(),
        );
    }
    Some(match error {
        CliError::Build(error) | CliError::Push(error) => build(error.root())?,
        CliError::Handler(_, origin) => {
            format!("correct `handler` ({origin}), or give another one with `--handler`")
        }
        CliError::Registry(error) => checked(error),
        CliError::Credentials { source, .. } => login(source),
        CliError::PreBuild { dir, .. } => format!(
            "it ran in `{}`, and its output is above; `lambda-img config` shows the whole command; `--pre-build ''` \
             builds without it",
            dir.display()
        ),
        CliError::PreBuildStart { dir, .. } => format!(
            "install the program, or correct `pre-build`; the command runs in `{}`; `lambda-img config` shows it",
            dir.display()
        ),
        CliError::PreBuiltBy { .. } => {
            "both functions have the same `pre-build`, which runs once; its error is above".to_owned()
        }
        CliError::Usage { hint, .. } => hint.clone(),
        CliError::Denied { .. } => DENIED.to_owned(),
        CliError::Inspect(error) => inspection(error)?,
        #[cfg(feature = "aws")]
        CliError::Sign(SignError::Kms { source, .. })
        | CliError::Attest(AttestError::Sign { source: SignError::Kms { source, .. }, .. }) => aws(source),
        #[cfg(feature = "aws")]
        CliError::Sign(SignError::Unsuitable { .. }) => {
            "make a key with `aws kms create-key --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY`".to_owned()
        }
        CliError::NoCommit { .. } => {
            "run it in a clone of the repository that the image was built from, after `git fetch`".to_owned()
        }
        CliError::UncommittedChanges { .. } => {
            "commit or stash the changes, or run it in another clone".to_owned()
        }
        CliError::NotInCommit { .. } => "run it in a directory that the commit has".to_owned(),
        CliError::Rebase(error) => rebase(error)?,
        CliError::NotRebased { .. } => {
            "run it again with the names of the other images; build those that are named above from source on the new base"
                .to_owned()
        }
        CliError::Cache(_) => CACHE.to_owned(),
        CliError::Check(_) => "`lambda-img explain` lists all checks".to_owned(),
        CliError::Epoch(_) => "set it to seconds since 1970, as `date +%s` prints, or unset it".to_owned(),
        CliError::NoRuntime => "set one with `--runtime ID`".to_owned(),
        CliError::NotPinned { runtime, arch } => {
            format!("pin it with `lambda-img base lock --runtime {runtime} --arch {arch}`")
        }
        CliError::Lock(error) => lock(error)?,
        #[cfg(feature = "aws")]
        CliError::Deploy(error) => deploy(error)?,
        #[cfg(feature = "aws")]
        CliError::Prune(error) => prune(error)?,
        #[cfg(feature = "aws")]
        CliError::NotDeployed { .. } => {
            "run the command again: functions that have their image already are not changed".to_owned()
        }
        #[cfg(target_os = "linux")]
        CliError::Invoke(error) => invoke::invoke(error)?,
        #[cfg(target_os = "linux")]
        CliError::FunctionFailed { failed, .. } => invoke::failed(failed)?,
        _ => return None,
    })
}

/// What to do about a lock file.
fn lock(error: &LockError) -> Option<String> {
    Some(match error {
        LockError::Version { .. } => {
            "use a newer lambda-img, or remove the file and pin again with `lambda-img base lock`".to_owned()
        }
        LockError::NotText { .. } | LockError::Malformed { .. } | LockError::Entry { .. } => {
            "remove the file, and pin again with `lambda-img base lock`".to_owned()
        }
        _ => return None,
    })
}

/// What to do about images of which no plan is made.
#[cfg(feature = "aws")]
fn prune(error: &PruneError) -> Option<String> {
    Some(match error {
        PruneError::UnreadManifest { .. } => {
            "nothing was deleted; allow your identity the IAM action `ecr:BatchGetImage`, or delete this image yourself"
                .to_owned()
        }
        PruneError::Policy { .. } => "nothing was deleted; correct the policy of the repository".to_owned(),
        _ => return None,
    })
}

/// Whether the shell's limit of file sizes stopped a write.
fn is_limited(error: &CliError) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let host = error.downcast_ref::<io::Error>();
        if host.is_some_and(|error| error.kind() == io::ErrorKind::FileTooLarge) {
            return true;
        }
        cause = error.source();
    }
    false
}
