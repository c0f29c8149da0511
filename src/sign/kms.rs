//! Keys of AWS KMS: the private key does not leave the service.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::{KeyError, KmsName, SignError};
use super::key::{PublicKey, Signer};
use crate::credentials::ecr::{AwsAccount, Ecr, EcrError, Service, ServiceCall};
use crate::digest::Digest;
use crate::http::Method;

/// What precedes the name of a key of KMS, as Sigstore's clients write it.
const SCHEME: &str = "awskms:///";

/// The prefix of KMS's `X-Amz-Target` (botocore, `kms/service-2.json`).
const TARGET: &str = "TrentService";

/// The name of a key of KMS: `awskms:///` and an ARN of a key or an alias, an ID, or `alias/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKey {
    id: String,
    account: AwsAccount,
}

impl KmsKey {
    /// The key of a name; one without a Region is in `region`.
    ///
    /// # Errors
    /// [`KmsName`].
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, KmsName> {
        let id = text.strip_prefix(SCHEME).ok_or(KmsName::Host)?;
        let account = match id.strip_prefix("arn:") {
            None if id.is_empty() => return Err(KmsName::Arn),
            None => AwsAccount::in_region(region.ok_or(KmsName::Region)?).ok_or(KmsName::Region)?,
            Some(rest) => {
                let parts: Vec<_> = rest.splitn(5, ':').collect();
                let [_, "kms", region, account, resource] = parts[..] else { return Err(KmsName::Arn) };
                if !resource.starts_with("key/") && !resource.starts_with("alias/") {
                    return Err(KmsName::Arn);
                }
                AwsAccount::new(account, region).ok_or(KmsName::Arn)?
            }
        };
        Ok(Self { id: id.to_owned(), account })
    }
}

/// A key of KMS that signs.
pub struct KmsSigner {
    ecr: Arc<Ecr>,
    key: KmsKey,
    public: PublicKey,
}

impl KmsSigner {
    /// Asks for the public half.
    ///
    /// # Errors
    /// [`SignError::Kms`], and [`SignError::Unsuitable`] for a key of another kind.
    pub fn new(ecr: Arc<Ecr>, key: KmsKey) -> Result<Self, SignError> {
        let answer = call(&ecr, &key, "kms:GetPublicKey", &json!({ "KeyId": key.id }))?;
        let der = answer["PublicKey"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let public = der.ok_or(KeyError::Kind).and_then(|der| PublicKey::from_der(&der));
        let public = public.map_err(|why| SignError::Unsuitable { key: key.id.clone(), why })?;
        Ok(Self { ecr, key, public })
    }
}

impl Signer for KmsSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let body = json!({
            "KeyId": self.key.id,
            "Message": STANDARD.encode(Digest::of(message).as_bytes()),
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
        });
        let answer = call(&self.ecr, &self.key, "kms:Sign", &body)?;
        let signature = answer["Signature"].as_str().and_then(|text| STANDARD.decode(text).ok());
        // An alias may have moved to another key since the public half was asked for.
        signature.filter(|signature| self.public.verifies(message, signature)).ok_or(SignError::Key)
    }
}

impl fmt::Debug for KmsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsSigner({}, {})", self.key.id, self.public.fingerprint())
    }
}

fn call(ecr: &Ecr, key: &KmsKey, action: &str, body: &Value) -> Result<Value, SignError> {
    let target = format!("{TARGET}.{}", action.trim_start_matches("kms:"));
    let call = ServiceCall {
        service: Service::Kms,
        action,
        method: Method::Post,
        path: "/",
        headers: &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)],
        body: crate::json::to_bytes(body),
    };
    let failed = |source| SignError::Kms { key: key.id.clone(), source: Box::new(source) };
    let answer = ecr.call_service(key.account.host(), &call).map_err(failed)?;
    let why =
        |_| failed(EcrError::Answer { action: action.to_owned(), why: "the answer is not JSON".to_owned() });
    serde_json::from_slice(&answer.body).map_err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys_say_where_the_keys_are() {
        let arn = "awskms:///arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
        let key = KmsKey::parse(arn, None).unwrap();
        assert_eq!((&*key.id, &*key.account.host().region), (&arn[SCHEME.len()..], "eu-west-1"));
        let alias = KmsKey::parse("awskms:///alias/release", Some("us-east-2")).unwrap();
        assert_eq!((&*alias.id, &*alias.account.host().region), ("alias/release", "us-east-2"));
        for (text, why) in [
            ("awskms://localhost:4566/alias/x", KmsName::Host),
            ("awskms:alias/x", KmsName::Host),
            ("awskms:///", KmsName::Arn),
            ("awskms:///arn:aws:s3:eu-west-1:123456789012:key/x", KmsName::Arn),
            ("awskms:///arn:aws:kms:eu-west-1:123456789012:grant/x", KmsName::Arn),
            ("awskms:///arn:aws:kms:evil.example:123456789012:key/x", KmsName::Arn),
            ("awskms:///arn:aws:kms:eu-west-1:evil:key/x", KmsName::Arn),
            ("awskms:///arn:aws:kms:key/x", KmsName::Arn),
            ("awskms:///alias/x", KmsName::Region),
        ] {
            assert_eq!(KmsKey::parse(text, None), Err(why), "{text}");
        }
    }
}
