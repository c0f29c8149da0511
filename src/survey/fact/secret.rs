//! What kind of secret a file holds, and where. The secret itself is not kept.

use serde::{Deserialize, Serialize};

/// One secret. It says nothing that could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Secret {
    /// Which line it begins in, counted from 1.
    pub line: u32,
    /// What it is.
    pub kind: SecretKind,
}

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SecretKind {
    /// A private key in PEM or OpenSSH's form, encrypted or not.
    PrivateKey,
    /// An access key of AWS together with its secret, or the secret under AWS's own name for it.
    AwsKey,
    /// A token of AWS's single sign-on.
    AwsToken,
    /// A variable of an `.env` file that is named as secrets are.
    Env,
    /// A token or password of an `.npmrc`.
    Npm,
    /// A password of a `.pypirc`, or one in the address of an index in `pip.conf`.
    Pypi,
    /// A password of `.git-credentials` or `.netrc`.
    Git,
    /// A login of Docker's `config.json`.
    Docker,
    /// A service account of Google Cloud, or a user's refresh token.
    Google,
    /// A service principal of Azure, with its secret.
    Azure,
}

impl SecretKind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "a private key",
            Self::AwsKey => "a secret access key of AWS",
            Self::AwsToken => "a sign-on token of AWS",
            Self::Env => "a secret in an environment file",
            Self::Npm => "a token of an npm registry",
            Self::Pypi => "a password of a Python package index",
            Self::Git => "a password of a Git or FTP host",
            Self::Docker => "a login of a container registry",
            Self::Google => "a credential of Google Cloud",
            Self::Azure => "a credential of Azure",
        }
    }
}
