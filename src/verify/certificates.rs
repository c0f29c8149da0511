//! Certificates of authorities that a policy trusts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::error::CertificateError;

/// The certificates of a policy, and the time of the verification.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    /// The certificates, by name.
    pub roots: BTreeMap<String, RootCertificate>,
    /// Until when signatures must not have expired.
    pub now: Timestamp,
}

/// The certificate of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootCertificate(TrustAnchor<'static>);

impl RootCertificate {
    /// From a PEM file with one `BEGIN CERTIFICATE`.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let all = all.map_err(|_| CertificateError::NotPem)?;
        let [one] = &all[..] else { return Err(CertificateError::NotPem) };
        let anchor = webpki::anchor_from_trusted_cert(one);
        let anchor = anchor.map_err(|why| CertificateError::Malformed(why.to_string()))?;
        Ok(Self(anchor.to_owned()))
    }

    /// Where a chain may end.
    pub(super) fn anchor(&self) -> TrustAnchor<'static> {
        self.0.clone()
    }
}
