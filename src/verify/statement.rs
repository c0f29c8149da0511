//! Statements of in-toto that a key of the policy signed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::bundle::Envelope;
use super::error::Refusal;
use super::notation::PAYLOAD as NOTATION_PAYLOAD;
use super::policy::Policy;
use crate::digest::Digest;
use crate::redact;
use crate::sign::{STATEMENT_TYPE, encoded};

/// The types of statements: in-toto's first version, and the one before it, which tools still write.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// A statement about the image, and the names of the keys that signed it.
#[derive(Debug)]
pub struct Statement {
    /// The artifact that holds it.
    pub digest: Digest,
    /// The names of the keys or certificates of the policy that signed it: one key may have several names.
    pub keys: Vec<String>,
    /// The type of its predicate.
    pub predicate_type: String,
    /// Its predicate.
    pub predicate: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

impl Statement {
    /// What a signature of Notation comes to: that these sign the image, and nothing more.
    pub fn of_notation(digest: Digest, signers: Vec<String>) -> Self {
        let predicate_type = NOTATION_PAYLOAD.to_owned();
        Self { digest, keys: signers, predicate_type, predicate: Value::Null }
    }

    /// The statement in the envelope of the artifact `digest`. Nothing of the payload is read before its signature is
    /// verified.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn read(
        digest: Digest,
        envelope: &Envelope,
        image: Digest,
        policy: &Policy,
    ) -> Result<Self, Refusal> {
        let message = encoded(&envelope.payload_type, &envelope.payload);
        let made = policy.keys.iter().filter(|(_, key)| key.verifies(&message, &envelope.signature));
        let keys: Vec<_> = made.map(|(name, _)| name.clone()).collect();
        if keys.is_empty() {
            return Err(Refusal::Signature);
        }
        if envelope.payload_type != STATEMENT_TYPE {
            return Err(Refusal::PayloadType(redact::text(&envelope.payload_type, 100)));
        }
        let signed: Signed = serde_json::from_slice(&envelope.payload)
            .map_err(|error| Refusal::Statement(redact::text(&error.to_string(), 200)))?;
        if !TYPES.contains(&&*signed.kind) {
            return Err(Refusal::Statement(format!("its type is `{}`", redact::text(&signed.kind, 100))));
        }
        let hex = image.hex();
        if !signed.subject.iter().any(|subject| subject.digest.get("sha256") == Some(&hex)) {
            return Err(Refusal::OtherImage);
        }
        let predicate_type = redact::text(&signed.predicate_type, 200);
        Ok(Self { digest, keys, predicate_type, predicate: signed.predicate })
    }
}
