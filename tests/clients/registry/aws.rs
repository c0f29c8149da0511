//! ECR whole: moto is the control plane, the emulator with its quirks the data plane, over TLS and
//! under a host name of ECR's form.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_img::credentials::ecr::{Ecr, EcrHost, Endpoints};
use lambda_img::credentials::{CredentialError, Keychain, RepositoryCreator};
use lambda_img::http::{Method, NetworkOptions, Purpose, Request};
use lambda_img::registry::{Registries, RegistryError};

use super::{chain, client, image, reference};
use crate::harness::emulator::{Emulator, Fault, Quirk};
use crate::harness::helpers::{Server, certificate, free_port, program, start};

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

fn moto() -> Server {
    let port = free_port();
    let mut command = program("moto_server", "bash .ci/install");
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    start(command, port)
}

/// Runs the ignored test `name` in a process of its own: the AWS SDK reads the environment, which
/// threads share.
fn inside(name: &str, moto: &Server, environment: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let (_crate, module) = module_path!().split_once("::").unwrap();
    command.args(["--exact", &format!("{module}::{name}"), "--ignored", "--nocapture"]);
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("AWS_")) {
        command.env_remove(variable);
    }
    let endpoint = format!("http://{}", moto.host);
    let output = command
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(!said.contains("wJalrXUtnFEMI"), "the secret key is shown: {said}");
}

fn ecr() -> Ecr {
    Ecr::new(client(NetworkOptions::default()), Endpoints::from_environment())
}

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY"),
];

#[test]
fn an_image_reaches_ecr() {
    inside("push_inside", &moto(), &KEYS);
}

/// ECR's repositories are moto's; the emulator learns of them here.
struct Both<'a>(&'a Ecr, &'a Emulator);

impl RepositoryCreator for Both<'_> {
    fn create(&self, host: &str, repository: &str) -> Result<bool, CredentialError> {
        let created = self.0.create(host, repository)?;
        self.1.state().repositories.insert(repository.to_owned());
        Ok(created)
    }
}

#[test]
#[ignore = "run by an_image_reaches_ecr"]
fn push_inside() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let registry = Emulator::start_tls(&Quirk::TOGETHER, &certificate, &key);
    let ecr = Arc::new(ecr());
    let host = EcrHost::parse(HOST).unwrap();
    let identity = ecr.identity(&host).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(identity.account, "123456789012");
    // The password of moto: "AWS:123456789012-auth-token".
    registry.state().auth = Some((
        "Basic QVdTOjEyMzQ1Njc4OTAxMi1hdXRoLXRva2Vu".into(),
        format!("Basic realm=\"https://{HOST}/\",service=\"ecr.amazonaws.com\""),
    ));
    let options = NetworkOptions {
        ca_certs: vec![certificate],
        resolve: vec![(HOST.into(), registry.host.parse().unwrap())],
        ..NetworkOptions::default()
    };
    let new = || Registries::new(client(options.clone()), ecr.clone(), Vec::new(), 4);
    let (push, target) = (image(&[b"one", b"two"]), reference(format!("{HOST}/team/f:v1")));
    let error = new().push(&push, &target, None).unwrap_err();
    assert!(matches!(error, RegistryError::RepositoryMissing { .. }), "{}", chain(&error));
    let creator = Both(&ecr, &registry);
    let pushed =
        new().push(&push, &target, Some(&creator)).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(pushed.blobs.sent, 3);
    assert!(new().push(&push, &target, None).unwrap().already);
    let error = new().push(&image(&[b"three"]), &target, None).unwrap_err();
    assert!(matches!(error, RegistryError::TagImmutable { .. }), "{}", chain(&error));
    // What moto holds, and that creating it again is no error.
    assert!(ecr.create(HOST, "team/f").unwrap());
    assert!(!ecr.create("r.example", "team/f").unwrap());
    let url = format!("{}/moto-api/data.json", std::env::var("AWS_ENDPOINT_URL").unwrap());
    let request = Request::new(Method::Get, url.parse().unwrap());
    let state =
        client(NetworkOptions::default()).send(request, Purpose::Registry).unwrap().bytes(1 << 20).unwrap();
    let state = String::from_utf8(state).unwrap();
    assert!(state.contains("team/f") && state.contains("IMMUTABLE"), "{state}");
}

#[test]
fn github_s_token_is_exchanged_for_a_role() {
    let github = Emulator::start(&[]);
    github.fault(
        "GET /id?api=1&audience=sts.amazonaws.com +Bearer",
        1,
        Fault::Answer(200, vec![], b"{\"value\":\"a.b.c\"}".to_vec()),
    );
    let url = format!("http://{}/id?api=1", github.host);
    let environment = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/deploy"),
    ];
    inside("token_inside", &moto(), &environment);
    assert_eq!(github.log(), ["GET /id?api=1&audience=sts.amazonaws.com +Bearer"]);
}

#[test]
#[ignore = "run by github_s_token_is_exchanged_for_a_role"]
fn token_inside() {
    let ecr = ecr();
    let found = ecr.resolve(HOST, "team/f").unwrap_or_else(|error| panic!("{}", chain(&error))).unwrap();
    assert_eq!(found.provider, "AWS (ecr:GetAuthorizationToken)");
    assert!(!format!("{found:?}").contains("auth-token"));
    // Until half its life, as long as the service says that it lasts.
    let (life, left) = (found.life.unwrap(), found.renew.unwrap().duration_since(Instant::now()));
    assert!(left <= life / 2 && left > life / 2 - Duration::from_secs(30), "{left:?} of {life:?}");
    // From memory now: GitHub is not asked again.
    ecr.resolve(HOST, "team/g").unwrap().unwrap();
    assert!(ecr.resolve("public.ecr.aws", "x").unwrap().is_none());
}

#[test]
fn without_credentials_the_providers_are_named() {
    inside("nothing_inside", &moto(), &[]);
}

#[test]
#[ignore = "run by without_credentials_the_providers_are_named"]
fn nothing_inside() {
    let error = chain(&ecr().resolve(HOST, "team/f").unwrap_err());
    assert!(
        error.contains(
            "no AWS credentials found; tried environment, profiles (roles, SSO, process), web identity"
        ),
        "{error}"
    );
}
