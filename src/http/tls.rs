//! The certificates that TLS trusts: the system's, else Mozilla's, and those that the user adds.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::store::read_small;

/// Files that cannot be trusted, for they have no certificates or bad ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadCertificates(String);

/// Whether the PEM files `extra` can be read and have certificates.
///
/// # Errors
/// The first that cannot or has not.
pub fn check_certificates(extra: &[PathBuf]) -> Result<(), BadCertificates> {
    add(&mut RootCertStore::empty(), extra).map(|_| ()).map_err(BadCertificates)
}

/// Adds the certificates of the PEM files `extra`, and returns them.
fn add(roots: &mut RootCertStore, extra: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut named = Vec::new();
    for path in extra {
        let shown = path.display();
        let certificates: Vec<CertificateDer<'static>> = read_small(path)
            .map_err(|error| format!("`{shown}` is not a readable PEM file: {}", error.source))
            .and_then(|text| {
                let all: Result<_, _> = CertificateDer::pem_slice_iter(&text).collect();
                all.map_err(|cause| format!("`{shown}` is not a readable PEM file: {cause}"))
            })?;
        if certificates.is_empty() {
            return Err(format!("`{shown}` contains no certificate"));
        }
        for certificate in certificates {
            roots
                .add(certificate.clone())
                .map_err(|cause| format!("a certificate in `{shown}` is invalid: {cause}"))?;
            named.push(certificate);
        }
    }
    Ok(named)
}

/// Trusts what webpki trusts, and a server's own certificate that the user named. What `openssl req -x509`
/// makes calls itself an authority, and webpki takes no authority for a server; OpenSSL and Go do.
#[derive(Debug)]
struct Named {
    provider: Arc<CryptoProvider>,
    /// Authorities that the user named.
    authorities: RootCertStore,
    named: Vec<CertificateDer<'static>>,
    /// Made for the first server: an unchanged build may talk to loopback only, and the system has many authorities.
    usual: OnceLock<Result<Arc<WebPkiServerVerifier>, rustls::Error>>,
}

impl Named {
    fn usual(&self) -> Result<&WebPkiServerVerifier, rustls::Error> {
        let usual = self.usual.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            // Single bad certificates in a system's store are common and no reason to stop.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
            }
            roots.extend(self.authorities.roots.iter().cloned());
            WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider))
                .build()
                .map_err(|cause| rustls::Error::General(cause.to_string()))
        });
        usual.as_deref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged =
            self.usual()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            // webpki looks at the dates before it says so (`check_issuer_independent_properties`).
            Err(error) if is_authority(&error) && self.named.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual()?.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual()?.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether the only thing wrong so far is that the server's certificate is an authority's.
fn is_authority(error: &rustls::Error) -> bool {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

/// The TLS configuration, with the certificates in the PEM files `extra` trusted too.
///
/// Made by hand because reqwest's own verifier cannot be built where the machine has no
/// certificates, as in an empty container.
///
/// # Errors
/// A sentence about the file that is unreadable or has no certificate.
pub(super) fn client_config(extra: &[PathBuf]) -> Result<ClientConfig, String> {
    let mut authorities = RootCertStore::empty();
    let named = add(&mut authorities, extra)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|cause| cause.to_string())?;
    let verifier = Arc::new(Named { provider, authorities, named, usual: OnceLock::new() });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}
