//! Reads what a registry keeps about an image.

use std::io::Read;
use std::sync::atomic::Ordering;

use serde_json::Value;

use super::bundle::{self, PREFIX};
use super::error::{Refusal, VerifyError};
use super::notation::{self, COSE, JWS, NOTATION};
use super::policy::Policy;
use super::statement::Statement;
use super::verdict::Ignored;
use crate::attest::Subject;
use crate::digest::Digest;
use crate::redact;
use crate::registry::{Referrer, RegistryError};
use crate::source::SourceEnv;
use crate::work::Interrupted;

/// The most bundles of one image that are read.
const BUNDLES_MAX: usize = 100;

/// The most bytes of a bundle that are read: the list of 3,000 packages has two million.
const BUNDLE_MAX: u64 = 32 << 20;

/// The statements about an image that keys of a policy signed, and what does not count.
#[derive(Default)]
pub struct Evidence {
    pub statements: Vec<Statement>,
    pub ignored: Vec<Ignored>,
}

/// Reads all that refers to the image. Without keys and certificates nothing can count, and nothing is read.
///
/// # Errors
/// [`VerifyError`].
pub fn evidence(subject: &Subject, policy: &Policy, at: &SourceEnv<'_>) -> Result<Evidence, VerifyError> {
    let mut evidence = Evidence::default();
    if !policy.has_signers() {
        return Ok(evidence);
    }
    let image = subject.image.to_string();
    let failed = |source| VerifyError::Registry { image: image.clone(), source: Box::new(source) };
    let listed = at.context.registries.referrers(&subject.image).map_err(failed)?;
    let found = listed.iter().filter(|one| is_bundle(one) || one.artifact_type == NOTATION).count();
    if found > BUNDLES_MAX {
        return Err(VerifyError::TooMany { image, found, most: BUNDLES_MAX });
    }
    for one in &listed {
        if at.run.interrupted.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        let read = match is_bundle(one) {
            true => statement(one, subject, policy, at).map_err(failed)?,
            false if one.artifact_type == NOTATION => signature(one, subject, policy, at).map_err(failed)?,
            false => Err(Refusal::Unsigned(one.artifact_type.clone())),
        };
        match read {
            Ok(statement) => evidence.statements.push(statement),
            Err(why) => evidence.ignored.push(Ignored { digest: one.digest, why }),
        }
    }
    Ok(evidence)
}

/// What a signature of Notation says, as a statement without a predicate, or why it does not count.
///
/// # Errors
/// A registry that does not answer.
fn signature(
    one: &Referrer,
    subject: &Subject,
    policy: &Policy,
    at: &SourceEnv<'_>,
) -> Result<Result<Statement, Refusal>, RegistryError> {
    if policy.certificates.roots.is_empty() {
        return Ok(Err(Refusal::Notation));
    }
    let bytes = match bytes(one, subject, JWS, at) {
        Ok(bytes) => bytes,
        Err(Unread::Refused(why)) => return Ok(Err(why)),
        Err(Unread::Failed(error)) => return Err(error),
    };
    let names = notation::signers(&bytes, subject.image.digest(), &policy.certificates);
    Ok(names.map(|names| Statement::of_notation(one.digest, names)))
}

fn is_bundle(one: &Referrer) -> bool {
    one.artifact_type.starts_with(PREFIX)
}

/// The statement of a bundle, or why it does not count.
///
/// # Errors
/// A registry that does not answer.
fn statement(
    one: &Referrer,
    subject: &Subject,
    policy: &Policy,
    at: &SourceEnv<'_>,
) -> Result<Result<Statement, Refusal>, RegistryError> {
    let bytes = match bytes(one, subject, PREFIX, at) {
        Ok(bytes) => bytes,
        Err(Unread::Refused(why)) => return Ok(Err(why)),
        Err(Unread::Failed(error)) => return Err(error),
    };
    let envelope = match bundle::envelope(&bytes) {
        Ok(envelope) => envelope,
        Err(why) => return Ok(Err(why)),
    };
    Ok(Statement::read(one.digest, &envelope, subject.image.digest(), policy))
}

/// Why the bytes of an artifact are not read.
pub enum Unread {
    /// What the registry has is not what it lists.
    Refused(Refusal),
    /// The registry does not answer.
    Failed(RegistryError),
}

impl From<Refusal> for Unread {
    fn from(why: Refusal) -> Self {
        Unread::Refused(why)
    }
}

impl From<RegistryError> for Unread {
    /// What a registry lists and does not have is one document less. A registry that cannot be reached says nothing.
    fn from(error: RegistryError) -> Self {
        let missing = |why: String| Unread::Refused(Refusal::Missing(redact::text(&why, 300)));
        match error {
            RegistryError::NotFound { .. }
            | RegistryError::WrongDigest { .. }
            | RegistryError::Protocol { .. }
            | RegistryError::Blob { .. } => missing(error.to_string()),
            RegistryError::Status(status) if status.status == 404 => missing(status.to_string()),
            error => Unread::Failed(error),
        }
    }
}

/// The bytes of the only layer of an artifact that refers to the image; its type begins with `prefix`.
///
/// # Errors
/// [`Unread`].
pub fn bytes(one: &Referrer, subject: &Subject, prefix: &str, at: &SourceEnv<'_>) -> Result<Vec<u8>, Unread> {
    let registries = &at.context.registries;
    let artifact = subject.image.reference().with_digest(one.digest);
    let manifest: Value = serde_json::from_slice(&registries.manifest(&artifact)?.bytes).unwrap_or_default();
    if manifest["subject"]["digest"] != subject.image.digest().to_string() {
        return Err(Refusal::Subject.into());
    }
    let layers = manifest["layers"].as_array().map_or(&[][..], Vec::as_slice);
    let [layer] = layers else { return Err(Refusal::Layers.into()) };
    let kind = layer["mediaType"].as_str().unwrap_or_default();
    let digest: Option<Digest> = layer["digest"].as_str().and_then(|digest| digest.parse().ok());
    if kind == COSE && prefix == JWS {
        return Err(Refusal::Cose.into());
    }
    let (Some(digest), Some(size), true) = (digest, layer["size"].as_u64(), kind.starts_with(prefix)) else {
        return Err(Refusal::Layers.into());
    };
    if size > BUNDLE_MAX {
        return Err(Refusal::TooLarge(size, BUNDLE_MAX).into());
    }
    let mut bytes = Vec::new();
    let mut blob = registries.blob(&artifact, digest, size)?;
    blob.read_to_end(&mut bytes).map_err(|source| RegistryError::Blob { digest, source })?;
    Ok(bytes)
}
