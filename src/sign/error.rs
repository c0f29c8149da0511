//! Why a key cannot be used.

/// Why a text is not a key that can be used. No message repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A private key that a password protects.
    #[error("the private key is encrypted")]
    Encrypted,
    /// A private key in OpenSSL's older form.
    #[error("the private key is in the form SEC 1 (`BEGIN EC PRIVATE KEY`) and not in PKCS #8")]
    Sec1,
    /// A private key, where a public one is needed.
    #[error("it is a private key, and a public key is needed")]
    Private,
    /// A public key, where a private one is needed.
    #[error("it is a public key, and a private key is needed")]
    Public,
    /// A certificate, where a key is needed.
    #[error("it is a certificate and not a key")]
    Certificate,
    /// No key in PEM.
    #[error("it contains no key in PEM")]
    NotPem,
    /// A key of another kind.
    #[error("it is not a key of ECDSA on the curve P-256")]
    Kind,
}

/// Why a text does not name a key of AWS KMS.
#[cfg(feature = "aws")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KmsName {
    /// A host, which only tests have.
    #[error("it names a host, and `awskms:///` has three slashes")]
    Host,
    /// An ARN of something else, or an incomplete one.
    #[error("it is not the ARN of a key or an alias of AWS KMS")]
    Arn,
    /// A name without a Region, and no Region is set.
    #[error("it does not say in which Region the key is")]
    Region,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The operating system gave no random numbers, or the key does not sign.
    #[error("the key does not sign")]
    Key,
    /// AWS KMS does not answer, or refuses.
    #[cfg(feature = "aws")]
    #[error("AWS KMS does not sign with `{key}`")]
    Kms {
        /// The name of the key.
        key: String,
        /// Why.
        source: Box<crate::credentials::ecr::EcrError>,
    },
    /// A key of AWS KMS of another kind.
    #[cfg(feature = "aws")]
    #[error("`{key}` of AWS KMS cannot be used: {why}")]
    Unsuitable {
        /// The name of the key.
        key: String,
        /// Why.
        why: KeyError,
    },
}
