//! Challenges, tokens and credentials: who is shown what.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use lambda_img::credentials::{Chain, Credential, CredentialError, DockerConfig, Fixed, Keychain, Resolved};
use lambda_img::media_type::OCI_MANIFEST;
use lambda_img::redact::Secret;

use super::{chain, image, reference, registries, with};
use crate::harness::emulator::{Emulator, Fault, Quirk};

const LAYER: &[u8] = b"the bytes of a layer";

/// A keychain with this one credential.
struct Only(Credential);

impl Keychain for Only {
    fn resolve(&self, _host: &str, _repository: &str) -> Result<Option<Resolved>, CredentialError> {
        let provider = "a test".into();
        Ok(Some(Resolved { credential: self.0.clone(), provider, ..Resolved::anonymous() }))
    }
}

fn basic() -> Credential {
    Credential::Basic { username: "user".into(), password: Secret::new("hunter2") }
}

/// A registry that wants the token `t1` of a service on another port, and that service.
fn bearer() -> (Emulator, Emulator) {
    let (registry, service) = (Emulator::start(&[]), Emulator::start(&[]));
    registry.add_manifest("f", "v1", OCI_MANIFEST, &image(&[LAYER]).manifest);
    let ask = format!("Bearer realm=\"http://{}/token\",service=\"r.example\"", service.host);
    registry.state().auth = Some(("Bearer t1".into(), ask));
    (registry, service)
}

fn token(token: &str) -> Fault {
    Fault::Answer(200, vec![], format!("{{\"token\":\"{token}\",\"expires_in\":300}}").into())
}

#[test]
fn anonymous_tokens_are_fetched_once_for_each_scope() {
    let (registry, service) = bearer();
    service.fault("/token", 9, token("t1"));
    let registries = registries();
    let image_reference = reference(format!("{}/f:v1", registry.host));
    registries.manifest(&image_reference).unwrap();
    registries.manifest(&image_reference).unwrap();
    assert_eq!(
        registry.log(),
        ["GET /v2/", "GET /v2/f/manifests/v1 +Bearer", "GET /v2/f/manifests/v1 +Bearer"]
    );
    assert_eq!(service.log(), ["GET /token?service=r.example&scope=repository:f:pull"]);
    registries.push(&image(&[LAYER]), &reference(format!("{}/g:v1", registry.host)), None).unwrap();
    assert_eq!(service.log(), ["GET /token?service=r.example&scope=repository:g:pull%2Cpush"]);
    // A mount needs to read the other repository too.
    registries.push(&image(&[LAYER]), &reference(format!("{}/h:v1", registry.host)), None).unwrap();
    assert!(service.log().contains(
        &"GET /token?service=r.example&scope=repository:h:pull%2Cpush&scope=repository:g:pull".to_owned()
    ));
}

#[test]
fn passwords_go_by_get_and_where_that_is_missing_by_post() {
    let (registry, service) = bearer();
    service.fault("GET /token", 1, Fault::Answer(405, vec![], vec![]));
    service.fault("/token", 9, token("t1"));
    let manifest = reference(format!("{}/f:v1", registry.host));
    with(Arc::new(Only(basic()))).manifest(&manifest).unwrap();
    let log = service.log();
    assert_eq!(log[0], "GET /token?service=r.example&scope=repository:f:pull +Basic");
    assert!(log[1].starts_with("POST /token ["), "{log:?}");
}

#[test]
fn identity_tokens_go_by_post_alone() {
    let (registry, service) = bearer();
    service.fault("POST /token", 1, Fault::Answer(200, vec![], br#"{"access_token":"t1"}"#.to_vec()));
    let identity = Only(Credential::Identity(Secret::new("id")));
    with(Arc::new(identity)).manifest(&reference(format!("{}/f:v1", registry.host))).unwrap();
    // grant_type=refresh_token&refresh_token=id&service=r.example&scope=repository%3Af%3Apull&client_id=lambda-img
    assert_eq!(service.log(), ["POST /token [108]"]);
}

/// A keychain whose password is another one after each refusal, as ECR's is.
#[derive(Default)]
struct Renewing(AtomicUsize);

impl Keychain for Renewing {
    fn resolve(&self, host: &str, repository: &str) -> Result<Option<Resolved>, CredentialError> {
        let password = Secret::new(format!("p{}", self.0.load(Ordering::SeqCst)));
        Only(Credential::Basic { username: "AWS".into(), password }).resolve(host, repository)
    }

    fn forget(&self, _host: &str) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_token_that_ends_in_mid_push_is_renewed() {
    let (registry, service) = bearer();
    for number in ["t1", "t2", "t3"] {
        service.fault("/token", 1, token(number));
    }
    registry.state().auth.as_mut().unwrap().0 = "Bearer t".into();
    let ask = registry.state().auth.as_ref().unwrap().1.clone();
    for line in ["PATCH", "PUT /v2/g/manifests"] {
        registry.fault(line, 1, Fault::Answer(401, vec![("www-authenticate", ask.clone())], vec![]));
    }
    let target = reference(format!("{}/g:v1", registry.host));
    with(Arc::new(Only(basic()))).push(&image(&[LAYER]), &target, None).unwrap();
    assert_eq!(service.log().len(), 3);
    let log = registry.log();
    assert!(log.contains(&"PATCH /v2/g/blobs/uploads/2 +Bearer [20]".to_owned()), "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.starts_with("PUT /v2/g/manifests/v1 ")).count(), 2, "{log:#?}");
}

#[test]
fn manifest_put_answers_401_once() {
    let registry = Emulator::start(&[Quirk::ManifestPutAnswers401Once]);
    // "AWS:p" and the first bits of what follows.
    registry.state().auth =
        Some(("Basic QVdTOn".into(), "Basic realm=\"https://x/\",service=\"ecr\"".into()));
    let target = reference(format!("{}/g:v1", registry.host));
    let keychain = Arc::new(Renewing::default());
    with(keychain.clone()).push(&image(&[LAYER]), &target, None).unwrap();
    assert_eq!(keychain.0.load(Ordering::SeqCst), 1);
    let log = registry.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("PUT /v2/g/manifests/v1 ")).count(), 2, "{log:#?}");
}

#[test]
fn basic_is_sent_at_once_and_a_refusal_names_the_provider_and_no_secret() {
    let registry = Emulator::start(&[]);
    let header = base64::engine::general_purpose::STANDARD.encode("user:hunter2");
    registry.state().auth = Some((format!("Basic {header}"), "Basic realm=\"x\"".into()));
    let target = reference(format!("{}/f:v1", registry.host));
    with(Arc::new(Only(basic()))).push(&image(&[LAYER]), &target, None).unwrap();
    assert!(registry.log()[1..].iter().all(|line| line.contains("+Basic")));
    let wrong = Fixed::new(&*registry.host, "user", Secret::new("s3cr3t")).provided_by("the command line");
    let error = with(Arc::new(wrong)).manifest(&target).unwrap_err();
    assert_eq!(
        error.to_string().replace(&registry.host, "HOST"),
        "GET http://HOST/v2/f/manifests/v1: status 401: UNAUTHORIZED authentication required (credentials: the command line)"
    );
    // One try, not two: the same password would be refused again.
    assert_eq!(registry.log(), ["GET /v2/", "GET /v2/f/manifests/v1 +Basic"]);
    let error = registries().manifest(&target).unwrap_err().to_string();
    assert!(error.ends_with("(credentials: none)"), "{error}");
}

#[test]
fn token_services_that_lie_or_lead_astray_are_refused() {
    for (fault, expected) in [
        (Fault::Answer(200, vec![], b"<html>".to_vec()), "is not the JSON of a token"),
        (Fault::Answer(200, vec![], b"{\"token\":\"\"}".to_vec()), "has no token"),
        (
            Fault::Answer(403, vec![], br#"{"code":"DENIED","message":"no"}"#.to_vec()),
            "status 403: DENIED no (credentials: a test)",
        ),
        (Fault::Answer(200, vec![], vec![b' '; 1 << 21]), "longer than 1048576 bytes"),
        (
            Fault::Answer(302, vec![("location", "http://169.254.169.254/latest".into())], vec![]),
            "the redirect to http://169.254.169.254/latest is refused: a token service must not lead to a private address",
        ),
        (
            Fault::Answer(302, vec![("location", "http://127.0.0.2:1/".into())], vec![]),
            "a token service must not lead to a private address",
        ),
        (
            Fault::Answer(302, vec![("location", "http://token.example/".into())], vec![]),
            "plain HTTP is allowed",
        ),
    ] {
        let (registry, service) = bearer();
        service.fault("/token", 1, fault);
        let manifest = reference(format!("{}/f:v1", registry.host));
        let error = chain(&with(Arc::new(Only(basic()))).manifest(&manifest).unwrap_err());
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hunter2") && !error.contains("dXNlcjpodW50ZXIy"), "{error}");
        assert_eq!(service.log().len(), 1);
    }
    let (registry, _) = bearer();
    registry.state().auth.as_mut().unwrap().1 = "Bearer realm=\"http://token.example/t\"".into();
    let error = registries().manifest(&reference(format!("{}/f:v1", registry.host))).unwrap_err();
    assert!(chain(&error).contains("GET http://token.example/t: plain HTTP is allowed"), "{error}");
}

/// A folder in PATH for helpers: set once, before any test asks for one.
fn helper(name: &str, script: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helpers");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("docker-credential-{name}"));
    // Written by another process: a file that this one has open for writing cannot be run while
    // another test forks.
    let mut shell = std::process::Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&path)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    folder
}

fn ask(name: &str, limit: Duration, host: &str) -> Result<Option<Resolved>, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helpers");
    let json = serde_json::json!({
        "auths": {"fallback.example": {"auth": "dTpw"}},
        "credHelpers": {"own.example": name, "own.example/team": "no-such-helper"},
        "credsStore": name,
    });
    std::fs::write(file.path(), json.to_string()).unwrap();
    DockerConfig::new(vec![file.path().into()])
        .with_helper_path(folder)
        .with_helper_limit(limit)
        .resolve(host, "a/b")
        .map_err(|error| chain(&error))
}

#[test]
fn helpers_answer_fail_hang_or_know_nothing() {
    let long = Duration::from_secs(20);
    helper(
        "good",
        "read h; echo \"{\\\"ServerURL\\\":\\\"$h\\\",\\\"Username\\\":\\\"u-$h\\\",\\\"Secret\\\":\\\"hunter2\\\"}\"",
    );
    let found = ask("good", long, "own.example").unwrap().unwrap();
    assert_eq!(found.provider, "docker-credential-good");
    let password = Secret::new("hunter2");
    assert_eq!(found.credential, Credential::Basic { username: "u-own.example".into(), password });
    assert!(!format!("{found:?}").contains("hunter2"));
    helper("token", "cat >/dev/null; echo '{\"Username\":\"<token>\",\"Secret\":\"id\"}'");
    let found = ask("token", long, "any.example").unwrap().unwrap();
    assert_eq!(found.credential, Credential::Identity(Secret::new("id")));
    helper("unknowing", "echo 'credentials not found in native keychain'; exit 1");
    assert!(ask("unknowing", long, "any.example").unwrap().is_none());
    let fallback = ask("unknowing", long, "fallback.example").unwrap().unwrap();
    assert!(matches!(fallback.credential, Credential::Basic { .. }));
    helper("failing", "echo '{\"Secret\":\"hunter2\"'; echo 'cached hunter2' >&2; exit 3");
    let error = ask("failing", long, "any.example").unwrap_err();
    assert!(error.contains("`docker-credential-failing` for any.example: exit status: 3"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    helper("rambling", "echo 'hunter2 is not JSON'");
    let error = ask("rambling", long, "any.example").unwrap_err();
    assert!(error.ends_with("its answer is not the JSON of the helper protocol"), "{error}");
    helper("hanging", "exec sleep 600");
    let error = ask("hanging", Duration::from_millis(300), "any.example").unwrap_err();
    assert!(error.ends_with("no answer within 0.3 s"), "{error}");
}

#[test]
fn the_first_keychain_that_knows_the_host_answers() {
    let fixed =
        |host: &str, user: &str| Arc::new(Fixed::new(host, user, Secret::new("x"))) as Arc<dyn Keychain>;
    let keychain =
        Chain::new(vec![fixed("a.example", "one"), fixed("a.example", "two"), fixed("b.example", "three")]);
    let user = |host: &str| match keychain.resolve(host, "x").unwrap().map(|found| found.credential) {
        Some(Credential::Basic { username, .. }) => username,
        other => format!("{other:?}"),
    };
    assert_eq!(
        (user("a.example"), user("b.example"), user("c.example")),
        ("one".into(), "three".into(), "None".into())
    );
}

/// Registries that a name of this machine's leads to, at an address that need not be it.
fn at(address: &str, port: &str) -> lambda_img::registry::Registries {
    let known = format!("{address}:{port}").parse().unwrap();
    let options =
        lambda_img::http::NetworkOptions { resolve: vec![("r.localhost".into(), known)], ..super::quick() };
    lambda_img::registry::Registries::new(super::client(options), Arc::new(Only(basic())), Vec::new(), 1)
}

#[test]
fn loopback_is_what_resolves_to_loopback() {
    let registry = Emulator::start(&[]);
    registry.add_manifest("f", "v1", OCI_MANIFEST, &image(&[LAYER]).manifest);
    registry.state().auth = Some(("Basic ".into(), "Basic realm=\"x\"".into()));
    let port = registry.host.split(':').nth(1).unwrap();
    let manifest = reference(format!("r.localhost:{port}/f:v1"));
    at("127.0.0.1", port).manifest(&manifest).unwrap();
    assert_eq!(registry.log(), ["GET /v2/", "GET /v2/f/manifests/v1 +Basic"]);
    // Linux connects to this machine there, too; but no rule says that it is.
    let error = chain(&at("0.0.0.0", port).manifest(&manifest).unwrap_err());
    assert!(error.starts_with(&format!("GET https://r.localhost:{port}/v2/: ")), "{error}");
    assert!(registry.log().is_empty());
}

#[test]
fn a_registry_that_repeats_our_secrets_is_not_quoted() {
    let registry = Emulator::start(&[]);
    registry.state().auth = Some(("Basic ".into(), "Basic realm=\"x\"".into()));
    let body = r#"{"errors":[{"code":"DENIED","message":"no Basic dXNlcjpodW50ZXIy, user:hunter2!"}]}"#;
    registry.fault("manifests", 1, Fault::Answer(403, vec![], body.into()));
    let manifest = reference(format!("{}/f:v1", registry.host));
    let error = with(Arc::new(Only(basic()))).manifest(&manifest).unwrap_err().to_string();
    assert!(error.contains("DENIED no Basic …, user:…!"), "{error}");
}

#[test]
fn whom_a_redirect_leads_to_does_not_name_the_token_service() {
    let (registry, elsewhere, thief) = (Emulator::start(&[]), Emulator::start(&[]), Emulator::start(&[]));
    registry.state().auth = Some(("Basic dXNlcjpodW50ZXIy".into(), "Basic realm=\"x\"".into()));
    let ask = format!("Bearer realm=\"http://{}/token\"", thief.host);
    elsewhere.state().auth = Some(("Bearer t".into(), ask.clone()));
    thief.fault("/token", 9, token("t1"));
    let away = |path: &str| {
        Fault::Answer(307, vec![("location", format!("http://{}{path}", elsewhere.host))], vec![])
    };
    let manifest = reference(format!("{}/f:v1", registry.host));
    registry.fault("manifests", 9, away("/v2/f/manifests/v1"));
    let error = with(Arc::new(Only(basic()))).manifest(&manifest).unwrap_err().to_string();
    assert!(
        error.contains(&format!("GET http://{}/v2/f/manifests/v1: status 401", elsewhere.host)),
        "{error}"
    );
    // The first request of all, too.
    registry.fault("GET /v2/", 1, away("/v2/"));
    let _ = with(Arc::new(Only(basic()))).manifest(&manifest);
    assert!(thief.log().is_empty());
    let log = elsewhere.log();
    assert!(log.len() >= 3 && !log.iter().any(|line| line.contains('+')), "{log:#?}");
}
