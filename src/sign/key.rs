//! Keys of ECDSA on the curve P-256.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use rustls::pki_types::pem::{PemObject, SectionKind};

use super::error::{KeyError, SignError};
use crate::digest::Digest;

/// What comes before the point of a key on P-256 in a `SubjectPublicKeyInfo` (RFC 5480, section 2): the lengths, the
/// algorithm `id-ecPublicKey`, the curve `secp256r1`.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The length in bytes of such a point: `04`, x and y.
const POINT: usize = 65;

/// Signs.
pub trait Signer: fmt::Debug + Send + Sync {
    /// By which key its signatures are verified.
    fn public_key(&self) -> &PublicKey;

    /// The signature of a message, in DER.
    ///
    /// # Errors
    /// [`SignError`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A key that verifies signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; POINT]);

impl PublicKey {
    /// From a PEM file with `BEGIN PUBLIC KEY`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        match section(text)? {
            (SectionKind::PublicKey, der) => Self::from_der(&der),
            (SectionKind::PrivateKey | SectionKind::EcPrivateKey, _) => Err(KeyError::Private),
            (SectionKind::Certificate, _) => Err(KeyError::Certificate),
            _ => Err(KeyError::Kind),
        }
    }

    /// From a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`KeyError::Kind`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let point = der.strip_prefix(&P256[..]).ok_or(KeyError::Kind)?;
        point.try_into().map(Self).map_err(|_| KeyError::Kind)
    }

    /// As a `SubjectPublicKeyInfo`.
    pub fn to_der(&self) -> Vec<u8> {
        [&P256[..], &self.0[..]].concat()
    }

    /// Its fingerprint: the SHA-256 of its `SubjectPublicKeyInfo`, in Base64, as Sigstore's clients name a key.
    pub fn fingerprint(&self) -> String {
        STANDARD.encode(Digest::of(&self.to_der()).as_bytes())
    }

    /// Whether the signature, in DER, is one of this message by this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// A key that signs, in memory.
pub struct PrivateKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
    random: SystemRandom,
}

impl PrivateKey {
    /// From a PEM file with `BEGIN PRIVATE KEY`, which is PKCS #8 without a password.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let der = match section(text)? {
            (SectionKind::PrivateKey, der) => der,
            (SectionKind::EcPrivateKey, _) => return Err(KeyError::Sec1),
            (SectionKind::PublicKey, _) => return Err(KeyError::Public),
            (SectionKind::Certificate, _) => return Err(KeyError::Certificate),
            _ => return Err(KeyError::Kind),
        };
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &random);
        let pair = pair.map_err(|_| KeyError::Kind)?;
        let public = pair.public_key().as_ref().try_into().map(PublicKey).map_err(|_| KeyError::Kind)?;
        Ok(Self { pair, public, random })
    }
}

impl Signer for PrivateKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.pair.sign(&self.random, message).map_err(|_| SignError::Key)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// The private half stays out of it.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.fingerprint())
    }
}

/// The first section of a PEM file that has a key or a certificate. `BEGIN EC PARAMETERS`, which OpenSSL writes in front
/// of a key, is not one.
fn section(text: &[u8]) -> Result<(SectionKind, Vec<u8>), KeyError> {
    // The parser leaves out the sections that it does not know: keys with a password are among them.
    if [&b"ENCRYPTED PRIVATE KEY-"[..], b"ENCRYPTED SIGSTORE PRIVATE KEY-", b"ENCRYPTED COSIGN PRIVATE KEY-"]
        .iter()
        .any(|label| text.windows(label.len()).any(|window| window == *label))
    {
        return Err(KeyError::Encrypted);
    }
    <(SectionKind, Vec<u8>)>::from_pem_slice(text).map_err(|_| KeyError::NotPem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, and used nowhere else.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggQH8uttadoNT3e57
6VNlX5030iEtVFcYFddvmpWcaz6hRANCAATvwseL4M4qyoyoMUaVsPmI84Ki7Y0/
7x1s8HllybOgJL6u4BKAcUJtkFCOVG92dEZyfL0J+oDp44Q1eO33mU0A
-----END PRIVATE KEY-----
";

    #[test]
    fn a_signature_is_of_its_message_and_its_key_alone() {
        let key = PrivateKey::from_pem(KEY.as_bytes()).unwrap();
        let signature = key.sign(b"a message").unwrap();
        assert!(key.public_key().verifies(b"a message", &signature));
        assert!(!key.public_key().verifies(b"b message", &signature));
        assert!(!key.public_key().verifies(b"a message", &signature[1..]));
        assert!(!key.public_key().verifies(b"a message", &[]));
        let same = PublicKey::from_der(&key.public_key().to_der()).unwrap();
        assert_eq!(
            (&same, format!("{key:?}")),
            (key.public_key(), format!("PrivateKey({})", same.fingerprint()))
        );
    }

    #[test]
    fn what_is_not_a_key_is_named() {
        let pem =
            |label: &str| format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n").into_bytes();
        for (text, private, public) in [
            (pem("ENCRYPTED PRIVATE KEY"), KeyError::Encrypted, KeyError::Encrypted),
            (pem("ENCRYPTED SIGSTORE PRIVATE KEY"), KeyError::Encrypted, KeyError::Encrypted),
            (pem("EC PRIVATE KEY"), KeyError::Sec1, KeyError::Private),
            (pem("PRIVATE KEY"), KeyError::Kind, KeyError::Private),
            (pem("RSA PRIVATE KEY"), KeyError::Kind, KeyError::Kind),
            (pem("PUBLIC KEY"), KeyError::Public, KeyError::Kind),
            (pem("CERTIFICATE"), KeyError::Certificate, KeyError::Certificate),
            (b"secret".to_vec(), KeyError::NotPem, KeyError::NotPem),
            (Vec::new(), KeyError::NotPem, KeyError::NotPem),
        ] {
            assert_eq!(PrivateKey::from_pem(&text).unwrap_err(), private);
            assert_eq!(PublicKey::from_pem(&text).unwrap_err(), public);
        }
    }
}
