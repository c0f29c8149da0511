//! Debian's docker-registry: plain, with passwords, and behind a certificate nobody knows.

use std::io::Read;
use std::sync::Arc;

use lambda_img::arch::Arch;
use lambda_img::credentials::{Chain, Fixed};
use lambda_img::digest::Digest;
use lambda_img::http::NetworkOptions;
use lambda_img::redact::Secret;
use lambda_img::reference::Reference;
use lambda_img::registry::{Registries, RegistryError};

use super::{blob, chain, client, image, reference};
use crate::harness::helpers::{Server, certificate, docker_registry, free_port, program, start};

/// Slower than an emulator: a real disk on a busy machine.
fn registries() -> Registries {
    Registries::new(client(NetworkOptions::default()), Arc::new(Chain::default()), Vec::new(), 4)
}

/// Pushes two layers, pulls all of it back, pushes again, and mounts into another repository.
fn round_trip(registries: &Registries, host: &str) {
    let big: Vec<u8> = (0..3_000_000u32).flat_map(u32::to_le_bytes).collect();
    let push = image(&[&big, b"small", b"small"]);
    let target = reference(format!("{host}/team/app:v1"));
    let pushed = registries.push(&push, &target, None).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!((pushed.already, pushed.blobs.sent), (false, 3));
    let found = registries.image(&pushed.pinned.reference(), Arch::X86_64).unwrap();
    assert_eq!((&found.manifest.bytes, &found.config), (&push.manifest, &push.config));
    let mut bytes = Vec::new();
    let mut reader = registries.blob(&target, Digest::of(&big), big.len() as u64).unwrap();
    reader.read_to_end(&mut bytes).unwrap();
    assert!(bytes == big);
    assert!(registries.push(&push, &target, None).unwrap().already);
    // By digest alone: it is there.
    let untagged = reference(format!("{host}/team/app"));
    assert!(registries.push(&push, &untagged, None).unwrap().already);
    let missing = registries.manifest(&reference(format!("{host}/team/app:v2"))).unwrap_err();
    assert!(
        matches!(missing, RegistryError::NotFound { .. }) && missing.to_string().contains("MANIFEST_UNKNOWN")
    );
}

#[test]
fn plain_and_mounts() {
    let folder = tempfile::tempdir().unwrap();
    let server = docker_registry(folder.path(), "", "");
    round_trip(&registries(), &server.host);
    // A new process, which knows only where the layer came from.
    let mut push = image(&[b"small"]);
    let from: Reference = reference(format!("{}/team/app:v1", server.host));
    push.layers = vec![blob(b"small", Some(from))];
    let pushed = registries().push(&push, &reference(format!("{}/other:v1", server.host)), None).unwrap();
    assert_eq!((pushed.blobs.mounted, pushed.blobs.sent), (1, 1));
}

#[test]
fn tags_are_listed_and_manifests_deleted_where_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let server = docker_registry(folder.path(), "", "");
    let repository = |server: &Server| reference(format!("{}/team/app", server.host));
    for tag in ["v1", "v2", "other"] {
        let target = repository(&server).with_tag(tag).unwrap();
        registries().push(&image(&[tag.as_bytes()]), &target, None).unwrap();
    }
    let listed = |server: &Server| {
        let mut tags = registries().tags(&repository(server)).unwrap();
        tags.sort();
        tags.join(" ")
    };
    assert_eq!(listed(&server), "other v1 v2");
    let digest = Digest::of(&image(&[b"v1"]).manifest);
    let error = registries().delete_manifest(&repository(&server), digest).unwrap_err();
    assert!(matches!(error, RegistryError::CannotDelete { .. }), "{error}");
    // The same registry, once its operator allows it.
    let mut command = program("docker-registry", "apt-get install docker-registry");
    let port = free_port();
    command.arg("serve").arg(folder.path().join("config.yml"));
    command
        .env("REGISTRY_STORAGE_DELETE_ENABLED", "true")
        .env("REGISTRY_HTTP_ADDR", format!("127.0.0.1:{port}"));
    let server = start(command, port);
    assert!(registries().delete_manifest(&repository(&server), digest).unwrap());
    assert!(!registries().delete_manifest(&repository(&server), digest).unwrap());
    assert_eq!(listed(&server), "other v2");
    let missing = registries().tags(&reference(format!("{}/none", server.host))).unwrap_err();
    assert!(matches!(missing, RegistryError::RepositoryMissing { .. }), "{missing}");
}

#[test]
fn passwords() {
    let folder = tempfile::tempdir().unwrap();
    let made = program("htpasswd", "apt-get install apache2-utils")
        .args(["-Bbn", "user", "hunter2"])
        .output()
        .unwrap();
    let file = folder.path().join("htpasswd");
    std::fs::write(&file, made.stdout).unwrap();
    let auth = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", file.display());
    let server = docker_registry(folder.path(), "", &auth);
    let with = |password: &str| {
        let fixed = Fixed::new(&*server.host, "user", Secret::new(password)).provided_by("the command line");
        Registries::new(client(NetworkOptions::default()), Arc::new(fixed), Vec::new(), 2)
    };
    round_trip(&with("hunter2"), &server.host);
    let target = reference(format!("{}/x:v1", server.host));
    for (registries, provider) in [(with("wrong"), "the command line"), (registries(), "none")] {
        let error = registries.push(&image(&[b"x"]), &target, None).unwrap_err();
        assert!(matches!(&error, RegistryError::Denied { provider: who, .. } if who == provider), "{error}");
        assert!(!chain(&error).contains("wrong"));
    }
}

#[test]
fn a_certificate_that_the_user_names_is_trusted_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display());
    let server = docker_registry(folder.path(), &tls, "");
    let options = NetworkOptions { ca_certs: vec![certificate], ..NetworkOptions::default() };
    let trusting = Registries::new(client(options), Arc::new(Chain::default()), Vec::new(), 2);
    round_trip(&trusting, &server.host);
    // Without it: an error, and no falling back to plain text.
    let error = registries().manifest(&reference(format!("{}/x:v1", server.host))).unwrap_err();
    assert!(
        chain(&error)
            .starts_with(&format!("GET https://{}/v2/: cannot set up a trusted TLS connection", server.host)),
        "{error}"
    );
    for bad in ["/no/such.pem", "Cargo.toml"] {
        let options = NetworkOptions { ca_certs: vec![bad.into()], ..NetworkOptions::default() };
        let registries = Registries::new(client(options), Arc::new(Chain::default()), Vec::new(), 2);
        let error = registries.manifest(&reference(format!("{}/x:v1", server.host))).unwrap_err();
        assert!(chain(&error).contains(&format!("cannot set up the HTTP client: `{bad}`")), "{error}");
    }
}
