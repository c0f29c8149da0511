//! Certificates that the user names, over real TLS: as `openssl req -x509` makes them, and those that are not
//! to be trusted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lambda_img::credentials::Chain;
use lambda_img::http::NetworkOptions;
use lambda_img::media_type::OCI_MANIFEST;
use lambda_img::registry::Registries;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::{chain, client, image, quick, reference};
use crate::harness::emulator::Emulator;
use crate::harness::helpers::{self, program};

/// An authority, with the defaults of `openssl req -x509`.
fn self_signed(folder: &Path, name: &str, more: &[&str]) -> (PathBuf, PathBuf) {
    let names = [format!("{name}.pem"), format!("{name}.key")];
    let more = [&["-subj", "/CN=registry"], more].concat();
    helpers::self_signed(folder, [&names[0], &names[1]], &more)
}

/// The same, long over: `req` makes none, `ca` does.
fn expired(folder: &Path) -> (PathBuf, PathBuf) {
    let (_, key) = self_signed(folder, "expired", &[]);
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
                  policy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n\
                  [e]\nbasicConstraints=critical,CA:TRUE\nsubjectAltName=IP:127.0.0.1\n";
    for (name, text) in [("ca.cnf", config), ("index", ""), ("serial", "01\n")] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let script = "openssl req -new -key expired.key -subj /CN=registry -out expired.csr && openssl ca -batch -config \
                  ca.cnf -selfsign -keyfile expired.key -in expired.csr -notext -out expired.pem -startdate \
                  20200101000000Z -enddate 20200102000000Z";
    let made = program("sh", "").args(["-ec", script]).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (folder.join("expired.pem"), key)
}

/// A registry with this certificate, and a key that need not be its own.
fn serve(certificate: &Path, key: &Path) -> Emulator {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = provider.key_provider.load_private_key(PrivateKeyDer::from_pem_file(key).unwrap()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))));
    let registry = Emulator::start_with(&[], Some(Arc::new(config)));
    registry.add_manifest("f", "v1", OCI_MANIFEST, &image(&[b"layer"]).manifest);
    registry
}

/// What comes of a read with these certificates named.
fn read(registry: &Emulator, named: &[&Path]) -> Result<(), String> {
    let options = NetworkOptions { ca_certs: named.iter().map(|path| path.into()).collect(), ..quick() };
    let registries = Registries::new(client(options), Arc::new(Chain::default()), Vec::new(), 1);
    let manifest = registries.manifest(&reference(format!("{}/f:v1", registry.host)));
    manifest.map(|_| ()).map_err(|error| chain(&error))
}

#[test]
fn a_self_signed_certificate_that_the_user_names_is_trusted_for_its_own_server() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, more: &[&str]| self_signed(folder.path(), name, more);
    let address = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    let (own, key) = make("own", &address);
    let (other, other_key) = make("other", &address);
    let (elsewhere, elsewhere_key) = make("elsewhere", &["-addext", "subjectAltName=DNS:elsewhere.example"]);
    let (old, old_key) = expired(folder.path());

    let registry = serve(&own, &key);
    read(&registry, &[&own]).unwrap();
    read(&registry, &[&other, &own]).unwrap();
    let refused = |registry: &Emulator, named: &[&Path], why: &str| {
        registry.log();
        let error = read(registry, named).unwrap_err();
        assert!(error.contains("cannot set up a trusted TLS connection") && error.contains(why), "{error}");
        assert!(registry.log().is_empty());
    };
    refused(&registry, &[], "CaUsedAsEndEntity");
    // Another of the same name is not that one.
    refused(&registry, &[&other], "CaUsedAsEndEntity");
    refused(&serve(&elsewhere, &elsewhere_key), &[&elsewhere], "not valid for name");
    refused(&serve(&old, &old_key), &[&old], "expired");
    // Who shows it must have its key.
    refused(&serve(&own, &other_key), &[&own], "");
}

#[test]
fn what_a_named_authority_signed_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, _) = self_signed(folder.path(), "authority", &[]);
    let script = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -subj /CN=leaf \
                  -out leaf.csr && printf subjectAltName=IP:127.0.0.1 >leaf.ext && openssl x509 -req -in leaf.csr -CA \
                  authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile leaf.ext -out leaf.pem";
    let made = program("sh", "").args(["-ec", script]).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let registry = serve(&folder.path().join("leaf.pem"), &folder.path().join("leaf.key"));
    read(&registry, &[&authority]).unwrap();
    assert!(read(&registry, &[]).is_err());
}
