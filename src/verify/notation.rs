//! Signatures of Notation in JWS (Notary Project, "JWS Signature Envelope").
//!
//! The certificate chain in an envelope has to end at a certificate of the policy. An envelope with a critical header
//! that is not known here is refused: AWS Signer's have such headers, and only its plugin for Notation knows what they mean.

use std::cell::Cell;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use serde::{Deserialize, Deserializer, de};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage, ring};

use super::certificates::Certificates;
use super::error::Refusal;
use crate::digest::Digest;
use crate::redact;

/// The type of the artifact (Notary Project, "Signature specification").
pub const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// The type of its layer, if it is JWS.
pub const JWS: &str = "application/jose+json";

/// The type of its layer in the other form.
pub const COSE: &str = "application/cose";

/// The type of what is signed; as the type of a predicate, it names a signature of Notation.
pub const PAYLOAD: &str = "application/vnd.cncf.notary.payload.v1+json";

/// The critical headers that are known here.
const KNOWN: [&str; 3] =
    ["io.cncf.notary.signingScheme", "io.cncf.notary.authenticSigningTime", "io.cncf.notary.expiry"];

/// The extended key usage of code signing: `id-kp-codeSigning`, 1.3.6.1.5.5.7.3.3 (RFC 5280, section 4.2.1.12).
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];

/// The first certificate must be for code signing, and its authorities must not be for other usages only (Notary Project,
/// "Signature specification", certificate requirements). The verifier asks about the first certificate first.
struct CodeSigning {
    is_leaf: Cell<bool>,
}

impl ExtendedKeyUsageValidator for CodeSigning {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let usage = match self.is_leaf.replace(false) {
            true => KeyUsage::required(CODE_SIGNING),
            false => KeyUsage::required_if_present(CODE_SIGNING),
        };
        usage.validate(usages)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    protected: String,
    header: Unprotected,
    signature: String,
}

#[derive(Deserialize)]
struct Unprotected {
    x5c: Vec<String>,
}

#[derive(Deserialize)]
struct Protected {
    alg: String,
    cty: String,
    crit: Vec<String>,
    #[serde(rename = "io.cncf.notary.signingScheme")]
    scheme: String,
    #[serde(rename = "io.cncf.notary.authenticSigningTime", default, deserialize_with = "time")]
    authentic_time: Option<Timestamp>,
    #[serde(rename = "io.cncf.notary.expiry", default, deserialize_with = "time")]
    expiry: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    target_artifact: Target,
}

#[derive(Deserialize)]
struct Target {
    digest: String,
}

/// The names of the certificates of the policy at which the chain of an envelope about the image ends.
///
/// # Errors
/// [`Refusal`].
pub fn signers(bytes: &[u8], image: Digest, trusted: &Certificates) -> Result<Vec<String>, Refusal> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(malformed)?;
    let protected = decoded("protected header", &envelope.protected)?;
    let header: Protected = serde_json::from_slice(&protected).map_err(malformed)?;
    understood(&header, trusted.now)?;
    let chain = envelope.header.x5c.iter().map(|text| STANDARD.decode(text).map(CertificateDer::from));
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|_| wrong("a certificate is not Base64"))?;
    let Some((leaf, others)) = chain.split_first() else { return Err(wrong("it has no certificate")) };
    let leaf = EndEntityCert::try_from(leaf).map_err(certificate)?;
    let (algorithm, signature) = signature(&header.alg, &decoded("signature", &envelope.signature)?)?;
    let message = format!("{}.{}", envelope.protected, envelope.payload);
    leaf.verify_signature(algorithm, message.as_bytes(), &signature)
        .map_err(|_| Refusal::NotationSignature)?;
    let names = trusted_by(&leaf, others, trusted)?;
    // Nothing of the payload is read before its signature and its signer are verified.
    if header.cty != PAYLOAD {
        return Err(Refusal::PayloadType(redact::text(&header.cty, 100)));
    }
    let payload: Payload =
        serde_json::from_slice(&decoded("payload", &envelope.payload)?).map_err(malformed)?;
    if payload.target_artifact.digest != image.to_string() {
        return Err(Refusal::OtherImage);
    }
    Ok(names)
}

/// Whether the headers are those of Notation, and the signature has not expired.
fn understood(header: &Protected, now: Timestamp) -> Result<(), Refusal> {
    if let Some(unknown) = header.crit.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Refusal::Critical(redact::text(unknown, 100)));
    }
    let is_critical = |name: &str| header.crit.iter().any(|one| one == name);
    if !is_critical(KNOWN[0]) || header.expiry.is_some() != is_critical(KNOWN[2]) {
        return Err(wrong("a header that must be critical is not"));
    }
    if let Some(expiry) = header.expiry.filter(|expiry| *expiry <= now) {
        return Err(Refusal::Expired(expiry.to_string()));
    }
    match (header.scheme.as_str(), header.authentic_time) {
        ("notary.x509", None) if !is_critical(KNOWN[1]) => Ok(()),
        ("notary.x509.signingAuthority", Some(time)) if is_critical(KNOWN[1]) && time <= now => Ok(()),
        _ => Err(wrong("its signing scheme and its signing time do not go together")),
    }
}

/// The certificates of the policy at which the chain ends. Every certificate of it has to be valid today: the signer
/// itself says when it signed, and could go on with the key of a certificate that is not valid any more.
fn trusted_by(
    leaf: &EndEntityCert<'_>,
    others: &[CertificateDer<'_>],
    trusted: &Certificates,
) -> Result<Vec<String>, Refusal> {
    let time = Duration::from_secs(trusted.now.as_second().max(0).unsigned_abs());
    let time = UnixTime::since_unix_epoch(time);
    let mut names = Vec::new();
    let mut why = webpki::Error::UnknownIssuer;
    for (name, certificate) in &trusted.roots {
        let anchors = [certificate.anchor()];
        let usage = CodeSigning { is_leaf: Cell::new(true) };
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        match leaf.verify_for_usage(algorithms, &anchors, others, time, usage, None, None) {
            Ok(_) => names.push(name.clone()),
            // Another authority says nothing about why this one does not do.
            Err(webpki::Error::UnknownIssuer) => {}
            Err(error) => why = error,
        }
    }
    if names.is_empty() { Err(certificate(why)) } else { Ok(names) }
}

/// The algorithm of a name in JWS (RFC 7518, section 3.1) and the signature as it takes it.
fn signature(
    name: &str,
    bytes: &[u8],
) -> Result<(&'static dyn SignatureVerificationAlgorithm, Vec<u8>), Refusal> {
    Ok(match name {
        "ES256" => (ring::ECDSA_P256_SHA256, der(bytes, 32)?),
        "ES384" => (ring::ECDSA_P384_SHA384, der(bytes, 48)?),
        "PS256" => (ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY, bytes.to_vec()),
        "PS384" => (ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY, bytes.to_vec()),
        "PS512" => (ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY, bytes.to_vec()),
        other => return Err(Refusal::Algorithm(redact::text(other, 20))),
    })
}

/// Two numbers of `length` bytes each as the sequence of DER that X.509 has: JWS leaves the structure out.
fn der(numbers: &[u8], length: usize) -> Result<Vec<u8>, Refusal> {
    if numbers.len() != 2 * length {
        return Err(Refusal::NotationSignature);
    }
    let integer = |bytes: &[u8]| {
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(length - 1);
        let bytes = &bytes[first..];
        // A number whose highest bit is set would be negative.
        let sign: &[u8] = if bytes[0] >= 0x80 { &[0] } else { &[] };
        let size = u8::try_from(sign.len() + bytes.len()).unwrap_or_default();
        [&[2, size], sign, bytes].concat()
    };
    let both = [integer(&numbers[..length]), integer(&numbers[length..])].concat();
    // At most 2 · (48 + 3) bytes, which one byte holds.
    let size = u8::try_from(both.len()).unwrap_or_default();
    Ok([&[0x30, size], &both[..]].concat())
}

/// A time of RFC 3339.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(de::Error::custom)
}

fn decoded(what: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Jws(format!("its {what} is not Base64 for URLs")))
}

fn malformed(error: serde_json::Error) -> Refusal {
    Refusal::Jws(redact::text(&error.to_string(), 200))
}

fn wrong(why: &str) -> Refusal {
    Refusal::Jws(why.to_owned())
}

fn certificate(error: webpki::Error) -> Refusal {
    use webpki::Error::{CertExpired, CertNotValidYet, RequiredEkuNotFoundContext, UnknownIssuer};
    Refusal::Untrusted(match error {
        UnknownIssuer => "they do not lead to one of the policy".to_owned(),
        CertExpired { .. } => "one of them has expired".to_owned(),
        CertNotValidYet { .. } => "one of them is not valid yet".to_owned(),
        RequiredEkuNotFoundContext(_) => "one of them is not for code signing".to_owned(),
        error => redact::text(&error.to_string(), 200),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_signature_become_der() {
        assert_eq!(der(&[0, 1, 0x80, 0], 2).unwrap(), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 0]);
        assert_eq!(der(&[0, 0, 0, 0], 2).unwrap(), [0x30, 6, 2, 1, 0, 2, 1, 0]);
        assert!(der(&[0, 0, 0], 2).is_err());
    }
}
