//! Why a function was not deployed.

use std::fmt;
use std::time::Duration;

use crate::credentials::ecr::EcrError;
use crate::work::Interrupted;

/// Why a function was not deployed, or an alias not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// AWS did not do what it was asked for.
    #[error(transparent)]
    Aws(#[from] EcrError),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
    /// There is no such function.
    #[error("there is no function `{function}` in {region} of account {account}")]
    Missing {
        /// The function.
        function: String,
        /// The Region.
        region: String,
        /// The account.
        account: String,
    },
    /// The function is a zip function: the kind of a function never changes.
    #[error("function `{function}` has the package type {kind}, and Lambda does not change it to Image")]
    NotImage {
        /// The function.
        function: String,
        /// Its package type.
        kind: String,
    },
    /// The image is in the archive class of its repository, from which Lambda does not read.
    #[error("image {image} is archived")]
    Archived {
        /// The image.
        image: String,
    },
    /// The repository's policy does not let Lambda of another account read.
    #[error("the policy of repository `{repository}` does not let Lambda of account {account} read it")]
    NotShared {
        /// The repository.
        repository: String,
        /// The account of the function.
        account: String,
    },
    /// Lambda does not say which image a version has.
    #[error("Lambda does not say which image `{function}` has")]
    UnknownImage {
        /// The function, with its version.
        function: String,
    },
    /// The function cannot be updated in this state.
    #[error("function `{function}` is in the state {state}")]
    State {
        /// The function.
        function: String,
        /// The state.
        state: String,
    },
    /// Lambda could not use the image.
    #[error("Lambda failed to {action} `{function}`: {code}: {reason}")]
    Failed {
        /// What Lambda was told to do.
        action: Action,
        /// The function, with its version where it has one.
        function: String,
        /// The reason code.
        code: String,
        /// Lambda's words.
        reason: String,
    },
    /// A state lasted too long.
    #[error("function `{function}` was still in the state {state} after {} s", after.as_secs())]
    TimedOut {
        /// The function, with its version where it has one.
        function: String,
        /// The state.
        state: String,
        /// The time that was waited.
        after: Duration,
    },
    /// Another client changed the function meanwhile.
    #[error(
        "another client changed function `{function}` during the deployment: it now has the image {image}"
    )]
    ChangedMeanwhile {
        /// The function.
        function: String,
        /// The image that it has.
        image: String,
    },
    /// Another client changed the alias since it was read.
    #[error("another client changed alias `{alias}` of function `{function}` during the deployment")]
    AliasMoved {
        /// The function.
        function: String,
        /// The alias.
        alias: String,
    },
    /// The invocation that tries the new version failed.
    #[error("function `{function}` failed when it was tried: {error}")]
    Tried {
        /// The function, with its version where it has one.
        function: String,
        /// The type and the message of the function's error.
        error: String,
    },
    /// An alarm stopped a canary.
    #[error("alarm `{alarm}` was raised: alias `{alias}` has only version {version} again")]
    Alarm {
        /// The alarm.
        alarm: String,
        /// The alias.
        alias: String,
        /// The version that it had before.
        version: String,
    },
    /// There is no such alias.
    #[error("function `{function}` has no alias `{alias}`")]
    NoAlias {
        /// The function.
        function: String,
        /// The alias.
        alias: String,
    },
    /// There is no version to go back to.
    #[error("function `{function}` has no version before {version} with another image")]
    NothingBefore {
        /// The function.
        function: String,
        /// The version of the alias.
        version: String,
    },
    /// An answer that Lambda's API does not have, such as a page of a proxy.
    #[error("the answer to {action} in {region} is not understood: it has no {missing}")]
    Answer {
        /// The Region.
        region: String,
        /// The action, such as `lambda:ListFunctions`.
        action: String,
        /// What it lacks.
        missing: &'static str,
    },
    /// The functions of another account than the one that was asked about.
    #[error("the credentials for account {wanted} are those of account {found}")]
    OtherAccount {
        /// The account that was asked about.
        wanted: String,
        /// That of the functions.
        found: String,
    },
}

/// What Lambda was told to do with a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create it.
    Create,
    /// Give it an image.
    Update,
    /// Publish a version of it.
    Publish,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create function",
            Self::Update => "update function",
            Self::Publish => "publish version",
        })
    }
}

/// A text that names no function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither the name nor the ARN of a Lambda function")]
pub struct InvalidFunction(pub String);
