//! Statements in envelopes of DSSE, and envelopes in bundles of Sigstore.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::error::SignError;
use super::key::Signer;

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
    let bundle = json!({
        "mediaType": BUNDLE,
        "verificationMaterial": { "publicKey": { "hint": signer.public_key().fingerprint() } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement),
            "payloadType": STATEMENT_TYPE,
            "signatures": [{ "sig": STANDARD.encode(signature) }],
        },
    });
    Ok(crate::json::to_bytes(&bundle))
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
