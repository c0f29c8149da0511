//! Signatures over statements about images: the keys, and the envelope that holds a statement with its signature.
//!
//! A signature is made over the type and the bytes of the statement together (DSSE, "Pre-Authentication Encoding"), and
//! travels in a bundle of Sigstore. Keys are those of ECDSA on the curve P-256 with SHA-256, in the forms that OpenSSL
//! writes, or in AWS KMS. Nothing here logs or prints key material.

mod bundle;
mod error;
mod key;
#[cfg(feature = "aws")]
mod kms;

pub use bundle::{BUNDLE, STATEMENT_TYPE, bundle, bundle_length, encoded, is_bundle_of};
#[cfg(feature = "aws")]
pub use error::KmsName;
pub use error::{KeyError, SignError};
pub use key::{PrivateKey, PublicKey, Signer};
#[cfg(feature = "aws")]
pub use kms::{KmsKey, KmsSigner};

/// Whether a text names a key of AWS KMS, and not a file.
pub fn is_kms_key(text: &str) -> bool {
    text.starts_with("awskms:")
}
