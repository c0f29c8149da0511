//! Provenance that no key signed: enough to build an image again, because the digest decides then.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::claim::Claim;
use super::error::VerifyError;
use super::policy::PROVENANCE;
use super::read::{Unread, bytes};
use crate::attest::Subject;
use crate::sign::STATEMENT_TYPE;
use crate::source::SourceEnv;
use crate::work::Interrupted;

/// The most documents that are read.
const MOST: usize = 100;

/// What the first provenance that names a commit says, signed or not. Documents that cannot be read do not count.
///
/// # Errors
/// [`VerifyError`].
pub fn claim(subject: &Subject, at: &SourceEnv<'_>) -> Result<Option<Claim>, VerifyError> {
    let image = subject.image.to_string();
    let failed = |source| VerifyError::Registry { image: image.clone(), source: Box::new(source) };
    let listed = at.context.registries.referrers(&subject.image).map_err(failed)?;
    let statements = listed.iter().filter(|one| one.artifact_type == STATEMENT_TYPE);
    let mut claim = None;
    for one in statements.take(MOST) {
        if at.run.interrupted.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        let document = match bytes(one, subject, STATEMENT_TYPE, at) {
            Ok(document) => document,
            Err(Unread::Refused(_)) => continue,
            Err(Unread::Failed(error)) => return Err(failed(error)),
        };
        let statement: Value = serde_json::from_slice(&document).unwrap_or_default();
        let subjects = statement["subject"].as_array().into_iter().flatten();
        let is_about =
            subjects.map(|one| &one["digest"]["sha256"]).any(|one| *one == subject.image.digest().hex());
        if statement["predicateType"] != PROVENANCE || !is_about {
            continue;
        }
        let read = Claim::read(&statement["predicate"]);
        if read.commit.is_some() {
            return Ok(Some(read));
        }
        claim.get_or_insert(read);
    }
    Ok(claim)
}
