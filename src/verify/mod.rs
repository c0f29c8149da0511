//! Whether an image in a registry has the evidence that a policy asks for.
//!
//! The tag is resolved once; everything else goes by digest, and what was verified is that digest. A document counts only
//! if a key of the policy signed it as a statement about this digest; a signature of Notation counts if its chain ends at a
//! certificate of the policy. Everything else that the registry lists, whatever
//! is wrong with it, is ignored, and the verdict says why.

mod bundle;
mod certificates;
mod claim;
mod error;
mod judge;
mod notation;
mod pattern;
mod policy;
mod read;
mod statement;
mod unsigned;
mod verdict;

pub use certificates::{Certificates, RootCertificate};
pub use claim::Claim;
pub use error::{CertificateError, Refusal, VerifyError};
pub use notation::PAYLOAD as NOTATION_PAYLOAD;
pub use policy::{PROVENANCE, Policy};
pub use unsigned::claim;
pub use verdict::{Ignored, Requirement, Verdict};

use crate::attest::Subject;
use crate::source::SourceEnv;

/// Holds an image to a policy.
///
/// # Errors
/// [`VerifyError`]: there is no verdict. An image that does not have what the policy asks for is a verdict.
pub fn verify(subject: &Subject, policy: &Policy, at: &SourceEnv<'_>) -> Result<Verdict, VerifyError> {
    let evidence = read::evidence(subject, policy, at)?;
    judge::judge(subject, policy, evidence, at)
}
