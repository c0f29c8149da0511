//! Statements in envelopes of DSSE, and envelopes in bundles of Sigstore.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::SignError;
use super::key::{PublicKey, Signer};

/// The media type of a bundle (Sigstore, `sigstore_bundle.proto`), and of the artifact that holds it (cosign,
/// "Sigstore Bundle Specification").
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The type of a statement in an envelope (in-toto, "Envelope").
pub const STATEMENT_TYPE: &str = "application/vnd.in-toto+json";

/// What is signed of a payload: its type and its bytes, each with its length (DSSE, "Pre-Authentication Encoding").
pub fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend(payload);
    message
}

/// The bundle of a statement that `signer` signs.
///
/// # Errors
/// [`SignError`].
pub fn bundle(statement: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let signature = signer.sign(&encoded(STATEMENT_TYPE, statement))?;
    Ok(document(statement, signer.public_key(), &signature))
}

fn document(statement: &[u8], key: &PublicKey, signature: &[u8]) -> Vec<u8> {
    let bundle = json!({
        "mediaType": BUNDLE,
        // Sigstore's Python client takes no bundle without a list of log entries, even an empty one.
        "verificationMaterial": { "publicKey": { "hint": key.fingerprint() }, "tlogEntries": [] },
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement),
            "payloadType": STATEMENT_TYPE,
            "signatures": [{ "sig": STANDARD.encode(signature) }],
        },
    });
    crate::json::to_bytes(&bundle)
}

/// Whether a bundle has this statement, signed by this key.
pub fn is_bundle_of(bundle: &[u8], statement: &[u8], key: &PublicKey) -> bool {
    let bundle: Value = serde_json::from_slice(bundle).unwrap_or_default();
    let envelope = &bundle["dsseEnvelope"];
    let [signature] = envelope["signatures"].as_array().map_or(&[][..], Vec::as_slice) else { return false };
    let decoded = |value: &Value| value.as_str().and_then(|text| STANDARD.decode(text).ok());
    bundle["mediaType"] == BUNDLE
        && envelope["payloadType"] == STATEMENT_TYPE
        && decoded(&envelope["payload"]).is_some_and(|payload| payload == statement)
        && decoded(&signature["sig"])
            .is_some_and(|signature| key.verifies(&encoded(STATEMENT_TYPE, statement), &signature))
}

/// The length in bytes of the bundle of a statement: its signature may have up to three bytes less than the longest.
pub fn bundle_length(statement: &[u8], key: &PublicKey) -> usize {
    document(statement, key, &[0; 72]).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_as_the_specification_of_dsse_shows_it() {
        // The test vector of the protocol of DSSE.
        let encoded = encoded("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
