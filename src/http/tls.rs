//! Whom TLS trusts: the system's certificates, else Mozilla's, and what the user adds.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Files that cannot be trusted, for they have no certificates or bad ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadCertificates(String);

/// Whether the PEM files `extra` can be read and have certificates.
///
/// # Errors
/// The first that cannot or has not.
pub fn check_certificates(extra: &[PathBuf]) -> Result<(), BadCertificates> {
    add(&mut RootCertStore::empty(), extra).map_err(BadCertificates)
}

fn add(roots: &mut RootCertStore, extra: &[PathBuf]) -> Result<(), String> {
    for path in extra {
        let shown = path.display();
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|cause| format!("`{shown}` is not a readable PEM file: {cause}"))?;
        if certificates.is_empty() {
            return Err(format!("`{shown}` has no certificate"));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|cause| format!("a certificate of `{shown}` is bad: {cause}"))?;
        }
    }
    Ok(())
}

/// The TLS configuration, with the certificates in the PEM files `extra` trusted too.
///
/// Made by hand because reqwest's own verifier cannot be built where the machine has no
/// certificates, as in an empty container (crates.md, trust roots).
///
/// # Errors
/// A sentence about the file that is unreadable or has no certificate.
pub(super) fn client_config(extra: &[PathBuf]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // Single bad certificates in a system's store are common and no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    add(&mut roots, extra)?;
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|cause| cause.to_string())
}
