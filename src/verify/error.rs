//! Why there is no verdict, and why evidence does not count.

use crate::examine::ExamineError;
use crate::registry::RegistryError;
use crate::work::Interrupted;

/// Why there is no verdict about an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The registry does not say what refers to the image, or not what it is.
    #[error("the evidence about `{image}` cannot be read")]
    Registry {
        /// The image.
        image: String,
        /// Why.
        source: Box<RegistryError>,
    },
    /// More bundles than an image needs.
    #[error("`{image}` has {found} bundles, and at most {most} are read")]
    TooMany {
        /// The image.
        image: String,
        /// How many the registry lists.
        found: usize,
        /// How many are read.
        most: usize,
    },
    /// The image cannot be checked.
    #[error(transparent)]
    Check(#[from] Box<ExamineError>),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}

/// Why something that refers to an image does not count as evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// An artifact that is not a bundle.
    #[error("it is not signed: its type is `{0}`")]
    Unsigned(String),
    /// A signature of Notation, where the policy trusts no certificate.
    #[error("it cannot be verified: it is a signature of Notation, and the policy has no certificates")]
    Notation,
    /// Not an envelope of Notation.
    #[error("it is not a signature of Notation: {0}")]
    Jws(String),
    /// A signature of Notation in the other form.
    #[error("it cannot be verified: it is a signature of Notation in COSE, and only JWS is read")]
    Cose,
    /// A header of a signature of Notation that has to be understood.
    #[error("it cannot be verified: its critical header `{0}` is not known")]
    Critical(String),
    /// An algorithm that is not one of Notation's, or that is not supported.
    #[error("it cannot be verified: its algorithm `{0}` is not supported")]
    Algorithm(String),
    /// The signer let the signature end.
    #[error("its signature expired at {0}")]
    Expired(String),
    /// The key of its own certificate did not make the signature.
    #[error("the key of its certificate did not make its signature")]
    NotationSignature,
    /// The chain of certificates does not end at one of the policy, or is not one.
    #[error("its certificates do not count: {0}")]
    Untrusted(String),
    /// A certificate signs it.
    #[error("it cannot be verified: it is signed with a certificate, and only keys are supported")]
    Certificate,
    /// A bundle with a signature over something else than a statement.
    #[error("it cannot be verified: it signs a message and not a statement")]
    Message,
    /// The registry does not have what it lists, or something else.
    #[error("the registry does not have it as listed: {0}")]
    Missing(String),
    /// The artifact's own subject is another image.
    #[error("it refers to another image")]
    Subject,
    /// The artifact is not built as bundles are.
    #[error("its manifest does not have exactly one layer with a bundle or a signature")]
    Layers,
    /// More bytes than are read.
    #[error("it has {0} bytes, and at most {1} are read")]
    TooLarge(u64, u64),
    /// Not JSON, or not the JSON of a bundle.
    #[error("it is not a bundle: {0}")]
    Malformed(String),
    /// A version that is not known.
    #[error("it is a bundle of an unknown version: `{0}`")]
    Version(String),
    /// No signature, or several.
    #[error("it has {0} signatures instead of one")]
    Signatures(usize),
    /// No key of the policy made the signature over this payload.
    #[error("no key of the policy made its signature")]
    Signature,
    /// A payload that is not a statement.
    #[error("what is signed has the type `{0}` and is not a statement")]
    PayloadType(String),
    /// A signed payload that is not a statement.
    #[error("what is signed is not a statement: {0}")]
    Statement(String),
    /// A signed statement about something else.
    #[error("what is signed is a statement about another image")]
    OtherImage,
}

/// Why a text is not a certificate that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// No certificate in PEM, or several.
    #[error("it does not contain exactly one certificate in PEM")]
    NotPem,
    /// Bytes that are not a certificate.
    #[error("it is not a certificate: {0}")]
    Malformed(String),
}
