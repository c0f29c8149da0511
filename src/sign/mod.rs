//! Signatures over statements about images: the keys, and the envelope that holds a statement with its signature.
//!
//! A signature is made over the type and the bytes of the statement together (DSSE, "Pre-Authentication Encoding"), and
//! travels in a bundle of Sigstore. Keys are those of ECDSA on the curve P-256 with SHA-256, in the forms that OpenSSL
//! writes. Nothing here logs or prints key material.

mod bundle;
mod error;
mod key;

pub use bundle::{BUNDLE, STATEMENT_TYPE, bundle, encoded};
pub use error::{KeyError, SignError};
pub use key::{PrivateKey, PublicKey, Signer};
