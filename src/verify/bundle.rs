//! Bundles of Sigstore with a public key, versions 0.1 to 0.3.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::error::Refusal;
use crate::redact;

/// The media types of bundles: the version was a parameter once (Sigstore, `sigstore_bundle.proto`).
const VERSIONS: [&str; 4] = [
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// What the media type of every bundle begins with, also in an artifact's manifest.
pub const PREFIX: &str = "application/vnd.dev.sigstore.bundle";

/// A payload with its signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The type of the payload.
    pub payload_type: String,
    /// What is signed.
    pub payload: Vec<u8>,
    /// Its only signature.
    pub signature: Vec<u8>,
}

/// As it is in the registry. A key that stands twice is an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Option<Signed>,
    message_signature: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Option<Value>,
    certificate: Option<Value>,
    x509_certificate_chain: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
}

/// The envelope in a bundle whose verification material is a public key.
///
/// # Errors
/// [`Refusal`].
pub fn envelope(bytes: &[u8]) -> Result<Envelope, Refusal> {
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(malformed)?;
    if !VERSIONS.contains(&&*bundle.media_type.replace("; ", ";")) {
        return Err(Refusal::Version(redact::text(&bundle.media_type, 100)));
    }
    let material = bundle.verification_material;
    if material.certificate.is_some() || material.x509_certificate_chain.is_some() {
        return Err(Refusal::Certificate);
    }
    if material.public_key.is_none() {
        return Err(Refusal::Malformed("it names neither a key nor a certificate".to_owned()));
    }
    if bundle.message_signature.is_some() {
        return Err(Refusal::Message);
    }
    let Some(signed) = bundle.dsse_envelope else {
        return Err(Refusal::Malformed("it has no envelope".to_owned()));
    };
    let [signature] = &signed.signatures[..] else {
        return Err(Refusal::Signatures(signed.signatures.len()));
    };
    Ok(Envelope {
        payload: decoded("payload", &signed.payload)?,
        signature: decoded("signature", &signature.sig)?,
        payload_type: signed.payload_type,
    })
}

fn decoded(what: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).map_err(|why| Refusal::Malformed(format!("its {what} is not Base64: {why}")))
}

fn malformed(error: serde_json::Error) -> Refusal {
    Refusal::Malformed(redact::text(&error.to_string(), 200))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bundles_of_every_version_are_read_and_no_others() {
        let bundle = |media_type: &str| {
            json!({
                "mediaType": media_type, "verificationMaterial": { "publicKey": { "hint": "x" } },
                "dsseEnvelope": { "payload": "cGF5", "payloadType": "t", "signatures": [{ "sig": "c2ln", "keyid": "" }] },
            })
        };
        for version in VERSIONS {
            let read = envelope(bundle(version).to_string().as_bytes()).unwrap();
            assert_eq!(
                (&*read.payload, &*read.signature, &*read.payload_type),
                (&b"pay"[..], &b"sig"[..], "t")
            );
        }
        let refused = |value: &Value| envelope(value.to_string().as_bytes()).unwrap_err();
        let old = "application/vnd.dev.sigstore.bundle+json;version=0.4";
        assert_eq!(refused(&bundle(old)), Refusal::Version(old.to_owned()));
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut value = bundle(VERSIONS[0]);
            change(&mut value);
            refused(&value)
        };
        let material = "verificationMaterial";
        assert_eq!(changed(&|it| it[material] = json!({ "certificate": {} })), Refusal::Certificate);
        assert_eq!(
            changed(&|it| it[material] = json!({ "x509CertificateChain": {}, "publicKey": {} })),
            Refusal::Certificate
        );
        assert_eq!(changed(&|it| it["messageSignature"] = json!({})), Refusal::Message);
        let signatures = |all: Value| changed(&move |it| it["dsseEnvelope"]["signatures"] = all.clone());
        assert_eq!(signatures(json!([])), Refusal::Signatures(0));
        assert_eq!(signatures(json!([{ "sig": "" }, { "sig": "" }])), Refusal::Signatures(2));
        let text = |value: Refusal| value.to_string();
        assert!(
            text(changed(&|it| it["dsseEnvelope"]["payload"] = "?".into()))
                .contains("its payload is not Base64")
        );
        assert!(text(changed(&|it| it[material] = json!({}))).contains("neither a key nor a certificate"));
        // A second key of the same name, nothing at all, and more depth than anything needs.
        let twice = br#"{"mediaType":"a","mediaType":"b"}"#;
        assert!(text(envelope(twice).unwrap_err()).contains("duplicate field"));
        assert!(text(envelope(b"").unwrap_err()).contains("EOF"));
        let deep = format!("{{\"messageSignature\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert!(text(envelope(deep.as_bytes()).unwrap_err()).contains("recursion limit"));
    }
}
