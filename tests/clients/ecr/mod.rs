//! The program against ECR: moto is the control plane, the emulator with every quirk the data plane,
//! over TLS and under a host name of ECR's form, which a proxy of `HTTPS_PROXY` leads to this machine.

use crate::harness::common;
use crate::harness::helpers;
mod providers;
mod shared_cache;
mod tls;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::harness::emulator::{Emulator, Fault, Quirk};
use crate::harness::helpers::{Server, certificate, free_port, start};
use crate::harness::support::{lambda_img, scratch};
use serde_json::Value;

const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY";
/// What moto makes of the account as its token: "AWS:123456789012-auth-token".
const TOKEN: &str = "QVdTOjEyMzQ1Njc4OTAxMi1hdXRoLXRva2Vu";

fn moto(tls: Option<&(PathBuf, PathBuf)>) -> Server {
    let port = free_port();
    let mut command = helpers::program("moto_server", "bash .ci/install");
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    if let Some((certificate, key)) = tls {
        command.arg("-s").arg("-c").arg(certificate).arg("-k").arg(key);
    }
    start(command, port)
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

/// A proxy that knows these hosts, and no others.
fn proxy(hosts: BTreeMap<String, String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let hosts = hosts.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut first = String::new();
                reader.read_line(&mut first).ok()?;
                let mut line = String::new();
                while reader.read_line(&mut line).ok()? > 2 {
                    line.clear();
                }
                let mut stream = stream;
                let name = first.strip_prefix("CONNECT ")?.split(':').next()?;
                let Some(to) = hosts.get(name) else {
                    return stream.write_all(b"HTTP/1.1 403 unknown host\r\n\r\n").ok();
                };
                let upstream = TcpStream::connect(to).ok()?;
                stream.write_all(b"HTTP/1.1 200 go\r\n\r\n").ok()?;
                pipe(stream.try_clone().ok()?, upstream.try_clone().ok()?);
                pipe(upstream, stream);
                Some(())
            });
        }
    });
    format!("http://{address}")
}

/// Moto's API, as who listens to it: a repository that is created there exists at the emulator, and the
/// keys that signed are written down.
fn listening(moto: &str, registry: &Arc<Emulator>, keys: &Keys) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (moto, registry, keys) = (moto.to_owned(), Arc::clone(registry), Arc::clone(keys));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (moto, registry, keys) = (moto.clone(), Arc::clone(&registry), Arc::clone(&keys));
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).ok()?;
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().ok()?;
                    }
                    if line.trim().is_empty() {
                        head += "Connection: close\r\n\r\n";
                        break;
                    }
                    head += &line;
                }
                let signed = head.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
                keys.lock().unwrap().extend(signed.map(str::to_owned));
                let mut body = vec![0; length];
                reader.read_exact(&mut body).ok()?;
                let mut upstream = TcpStream::connect(&moto).ok()?;
                upstream.write_all(head.as_bytes()).ok()?;
                upstream.write_all(&body).ok()?;
                let mut answer = Vec::new();
                upstream.read_to_end(&mut answer).ok()?;
                if head.contains("CreateRepository") && answer.starts_with(b"HTTP/1.1 200") {
                    let asked: Value = serde_json::from_slice(&body).ok()?;
                    assert_eq!(asked["imageTagMutability"], "IMMUTABLE");
                    assert_eq!(asked["imageScanningConfiguration"]["scanOnPush"], true);
                    registry.state().repositories.insert(asked["repositoryName"].as_str()?.to_owned());
                }
                // Connections are not kept: one request each.
                let text = answer.iter().position(|byte| *byte == b'\n')?;
                stream.write_all(&answer[..=text]).ok()?;
                stream.write_all(b"Connection: close\r\n").ok()?;
                stream.write_all(&answer[text + 1..]).ok()
            });
        }
    });
    format!("http://{address}")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The access keys that signed requests to ECR's API, in order.
type Keys = Arc<Mutex<Vec<String>>>;

/// Everything around one test.
struct Aws {
    dir: tempfile::TempDir,
    certificate: PathBuf,
    registry: Arc<Emulator>,
    _motos: [Server; 2],
    ecr: String,
    sts: String,
    proxy: String,
    keys: Keys,
    said: String,
}

impl Aws {
    fn start() -> Aws {
        let dir = scratch();
        let pair = certificate(dir.path());
        let registry = Arc::new(Emulator::start_tls(&Quirk::TOGETHER, &pair.0, &pair.1));
        let challenge = format!("Basic realm=\"https://{HOST}/\",service=\"ecr.amazonaws.com\"");
        registry.state().auth = Some((format!("Basic {TOKEN}"), challenge));
        let (plain, tls) = (moto(None), moto(Some(&pair)));
        let hosts = [
            (HOST, &registry.host),
            ("public.ecr.aws", &registry.host),
            ("api.ecr.eu-west-1.amazonaws.com", &tls.host),
        ];
        let proxy = proxy(hosts.map(|(name, to)| (name.to_owned(), to.clone())).into());
        let keys = Keys::default();
        let ecr = listening(&plain.host, &registry, &keys);
        let sts = format!("http://{}", plain.host);
        fs::create_dir(dir.path().join("function")).unwrap();
        fs::write(dir.path().join("function/data"), "one").unwrap();
        let (certificate, said) = (pair.0, String::new());
        Aws { dir, certificate, registry, _motos: [plain, tls], ecr, sts, proxy, keys, said }
    }

    fn home(&self) -> &Path {
        self.dir.path()
    }

    /// The tool, where nobody has credentials.
    fn tool(&self) -> Command {
        let mut command = lambda_img();
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env_remove("DOCKER_CONFIG").env_remove("REGISTRY_AUTH_FILE").env_remove("NO_PROXY");
        command.env("HOME", self.home()).env("LAMBDA_IMG_CACHE", self.home().join("cache"));
        command.env("HTTPS_PROXY", &self.proxy).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ENDPOINT_URL_ECR", &self.ecr).env("AWS_ENDPOINT_URL_STS", &self.sts);
        command.stdin(Stdio::null()).current_dir(self.home());
        command
    }

    fn build(&self, target: &str) -> Command {
        let mut command = self.tool();
        command.args(["build", "function", "--runtime", "provided.al2023", "--base", "embedded"]);
        command
            .args([
                "--entrypoint",
                "/x",
                "--allow",
                "start-missing",
                "--push",
                "-v",
                "-t",
                target,
                "--ca-cert",
            ])
            .arg(&self.certificate);
        command
    }

    fn run(&mut self, command: &mut Command) -> Output {
        let out = command.output().unwrap();
        self.said += &(text(&out.stdout) + &text(&out.stderr));
        out
    }

    /// Runs it with keys in the environment.
    fn keyed(&mut self, mut command: Command) -> Output {
        command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
        self.run(&mut command)
    }

    fn keyed_build(&mut self, target: &str) -> Output {
        let command = self.build(target);
        self.keyed(command)
    }

    fn check(&self) -> Command {
        let mut command = self.tool();
        command.args(["auth", "check", HOST, "--ca-cert"]).arg(&self.certificate);
        command
    }

    /// Ends the test: no secret was ever said.
    fn end(self) {
        assert!(self.said.len() > 1000);
        let kept = files(&self.home().join("cache"));
        for secret in [SECRET, "wJalrXUtn", TOKEN, "123456789012-auth-token"] {
            assert!(!self.said.contains(secret), "{secret} in {}", self.said);
            for (path, bytes) in &kept {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} in {}", path.display());
            }
        }
    }
}

/// Every file below a directory, where there is one.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(
            |path| if path.is_dir() { files(&path) } else { vec![(path.clone(), fs::read(path).unwrap())] },
        )
        .collect()
}

fn succeeded(out: &Output) -> String {
    assert!(out.status.success(), "{}", text(&out.stderr));
    text(&out.stdout)
}

fn failed(out: &Output, words: &[&str]) {
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    for word in words.iter().chain(&["hint: "]) {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
}

#[test]
fn an_image_reaches_ecr_and_stays() {
    let mut aws = Aws::start();
    let target = format!("{HOST}/team/fn:v1");
    // Nobody has credentials yet.
    let mut none = aws.build(&target);
    let none = aws.run(&mut none);
    failed(
        &none,
        &[
            "no AWS credentials found; tried environment, profiles",
            "aws sso login",
            &format!("lambda-img auth check {HOST}"),
        ],
    );
    let mut check = aws.check();
    let none = aws.run(&mut check);
    failed(&none, &["no AWS credentials"]);
    assert!(text(&none.stdout).contains("\"ecr:PutImage\""), "{}", text(&none.stdout));
    // The repository does not exist: the command that makes it, and the option that does.
    let missing = aws.keyed_build(&target);
    failed(
        &missing,
        &[
            "repository `team/fn` does not exist",
            "aws ecr create-repository",
            "--region eu-west-1 --repository-name team/fn",
            "--create-repository",
        ],
    );
    let mut create = aws.build(&target);
    create.arg("--create-repository");
    let pushed = succeeded(&aws.keyed(create));
    assert!(pushed.starts_with(&format!("{HOST}/team/fn@sha256:")), "{pushed}");
    // Once more: nothing is sent.
    aws.registry.log();
    let again = aws.keyed_build(&target);
    assert_eq!(succeeded(&again), pushed);
    assert!(text(&again.stderr).contains("already published"), "{}", text(&again.stderr));
    let log = aws.registry.log();
    assert!(log.iter().all(|line| line.starts_with("HEAD ") || line.starts_with("GET ")), "{log:#?}");
    // Another image: the tag cannot be moved.
    fs::write(aws.home().join("function/data"), "two").unwrap();
    let taken = aws.keyed_build(&target);
    let theirs = pushed.trim().rsplit_once('@').unwrap().1.to_owned();
    failed(&taken, &["is immutable", &theirs, "push with another tag"]);
    assert_eq!(
        text(&taken.stderr)
            .lines()
            .find(|line| line.starts_with("error"))
            .unwrap()
            .matches("sha256:")
            .count(),
        2
    );
    let second = succeeded(&aws.keyed_build(&format!("{HOST}/team/fn:v2")));
    assert_ne!(second, pushed);
    // Not allowed: what IAM must allow.
    let body =
        br#"{"errors":[{"code":"DENIED","message":"User is not authorized to perform: ecr:PutImage"}]}"#;
    aws.registry.fault("PUT /v2/team/fn/manifests/v3", 1, Fault::Answer(403, vec![], body.to_vec()));
    let denied = aws.keyed_build(&format!("{HOST}/team/fn:v3"));
    failed(
        &denied,
        &["status 403: DENIED", "AWS (ecr:GetAuthorizationToken)", "ecr:InitiateLayerUpload", "auth check"],
    );
    aws.end();
}

#[test]
fn keys_profiles_and_helpers_are_found_and_named() {
    let mut aws = Aws::start();
    aws.registry.state().repositories.insert("fn".to_owned());
    let target = format!("{HOST}/fn:v1");
    let pushed = succeeded(&aws.keyed_build(&target));
    let mut json = aws.check();
    json.arg("--json");
    let said: Value = serde_json::from_str(&succeeded(&aws.keyed(json))).unwrap();
    assert_eq!(said["provider"], "AWS (ecr:GetAuthorizationToken)");
    assert_eq!(said["identity"]["account"], "123456789012");
    assert!(said["identity"]["arn"].as_str().unwrap().starts_with("arn:aws:"), "{said}");
    assert_eq!((&said["usable"], &said["registry"]), (&true.into(), &"accepts it".into()));
    assert!(said["valid_until"].as_str().unwrap().ends_with('Z'));
    assert_eq!(said["policy"]["Statement"][0]["Action"], "ecr:GetAuthorizationToken");
    // A profile.
    fs::create_dir(aws.home().join(".aws")).unwrap();
    let credentials = format!("[work]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n");
    fs::write(aws.home().join(".aws/credentials"), credentials).unwrap();
    let mut profile = aws.build(&target);
    profile.env("AWS_PROFILE", "work");
    assert_eq!(succeeded(&aws.run(&mut profile)), pushed);
    // AWS's credential helper, which alone knows the keys.
    let helper =
        helpers::program("docker-credential-ecr-login", "apt-get install amazon-ecr-credential-helper");
    let bin = aws.home().join("bin");
    fs::create_dir(&bin).unwrap();
    let wrapper = bin.join("docker-credential-ecr-login");
    let path = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|dir| dir.join(helper.get_program()))
        .find(|file| file.is_file())
        .unwrap();
    let script = format!(
        "#!/bin/sh\nexport AWS_ACCESS_KEY_ID={KEY} AWS_SECRET_ACCESS_KEY={SECRET} SSL_CERT_FILE={}\nexec {} \"$@\"\n",
        aws.certificate.display(),
        path.display()
    );
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(aws.home().join(".docker")).unwrap();
    fs::write(
        aws.home().join(".docker/config.json"),
        format!(r#"{{"credHelpers": {{"{HOST}": "ecr-login"}}}}"#),
    )
    .unwrap();
    let path = std::env::join_paths(
        std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let mut helped = aws.build(&target);
    helped.env("PATH", &path);
    assert_eq!(succeeded(&aws.run(&mut helped)), pushed);
    let mut check = aws.check();
    check.env("PATH", &path);
    let said = aws.run(&mut check);
    assert!(succeeded(&said).contains("docker-credential-ecr-login"), "{}", text(&said.stdout));
    aws.end();
}

/// Puts a base of one empty layer under `repository:tag`: its digest.
fn base(registry: &Emulator, repository: &str, tag: &str) -> String {
    use lambda_img::digest::Digest;
    use lambda_img::media_type::OCI_MANIFEST;
    let config = serde_json::json!({"architecture": "amd64", "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": []}, "config": {}});
    let config = config.to_string().into_bytes();
    let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": Digest::of(&config).to_string(), "size": config.len()}});
    let manifest = manifest.to_string().into_bytes();
    registry.add_manifest(repository, tag, OCI_MANIFEST, &manifest);
    registry.add_blob(repository, &config);
    registry.name(&config, "config");
    Digest::of(&manifest).to_string()
}

#[test]
fn bases_come_from_the_public_registry_and_through_ecr_s_cache_of_it() {
    let mut aws = Aws::start();
    aws.registry.state().quirks.clear();
    // Everybody gets a token of public.ecr.aws, for which no credential is looked for at AWS.
    let ecr = aws.registry.state().auth.take();
    let challenge = "Bearer realm=\"https://public.ecr.aws/token/\",service=\"public.ecr.aws\"";
    aws.registry.state().auth = Some(("Bearer anonymous".to_owned(), challenge.to_owned()));
    let token = Fault::Answer(200, vec![], b"{\"token\":\"anonymous\"}".to_vec());
    aws.registry.fault("GET /token/", 1, token);
    let digest = base(&aws.registry, "lambda/python", "3.12-x86_64");
    let certificate = aws.certificate.display().to_string();
    let lock =
        ["base", "lock", "--runtime", "python3.12", "--arch", "x86_64", "-q", "--ca-cert", &certificate];
    let mut public = aws.tool();
    public.args(lock);
    let said = succeeded(&aws.run(&mut public));
    let name = format!("public.ecr.aws/lambda/python:3.12-x86_64@{digest}\n");
    assert_eq!(said, name);
    assert_eq!(
        aws.registry.log(),
        [
            "GET /v2/",
            "GET /token/?service=public.ecr.aws&scope=repository:lambda/python:pull",
            "GET /v2/lambda/python/manifests/3.12-x86_64 +Bearer",
            "GET /v2/lambda/python/blobs/<config> +Bearer"
        ]
    );
    assert!(aws.keys.lock().unwrap().is_empty());
    // A pull-through cache: another place with ECR's own credentials, the same name.
    aws.registry.state().auth = ecr;
    base(&aws.registry, "ecr-public/lambda/python", "3.12-x86_64");
    fs::remove_file(aws.home().join("lambda-img.lock")).unwrap();
    fs::remove_dir_all(aws.home().join("cache")).unwrap();
    let mut through = aws.tool();
    through.args(lock).args(["--registry-mirror", &format!("public.ecr.aws={HOST}/ecr-public")]);
    assert_eq!(succeeded(&aws.keyed(through)), name);
    assert_eq!(
        aws.registry.log()[1..],
        [
            "GET /v2/ecr-public/lambda/python/manifests/3.12-x86_64 +Basic",
            "GET /v2/ecr-public/lambda/python/blobs/<config> +Basic"
        ]
    );
    assert_eq!(*aws.keys.lock().unwrap(), [KEY]);
}

/// `auth check --policy` prints the least that a use of the repository needs.
fn policies_of_other_uses(aws: &mut Aws) {
    let mut policy = |what: &str| {
        let mut command = aws.tool();
        let repository = format!("{HOST}/team/fn");
        command.args(["auth", "check", &repository, "--policy", what]);
        let said: Value = serde_json::from_str(&succeeded(&aws.run(&mut command))).unwrap();
        let statements = said["Statement"].as_array().unwrap().clone();
        let last = &statements[statements.len() - 1];
        assert_eq!(last["Resource"], "arn:aws:ecr:eu-west-1:123456789012:repository/team/fn");
        let actions = last["Action"].as_array().unwrap().iter();
        let actions: Vec<_> =
            actions.map(|action| action.as_str().unwrap()["ecr:".len()..].to_owned()).collect();
        (statements.len() == 2, actions.join(" "))
    };
    let read = "BatchGetImage GetDownloadUrlForLayer";
    let write = format!(
        "{read} BatchCheckLayerAvailability InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage"
    );
    for (what, logs_in, actions) in [
        ("cache-read", true, read),
        ("cache-write", true, &write),
        ("base-sync", true, &write),
        ("cache-info", false, "DescribeImages"),
        ("cache-prune", false, "DescribeImages BatchDeleteImage"),
    ] {
        assert_eq!(policy(what), (logs_in, actions.to_owned()), "{what}");
    }
    let mut elsewhere = aws.tool();
    elsewhere.args(["auth", "check", "registry.example/cache", "--policy", "cache-read"]);
    let out = aws.run(&mut elsewhere);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("registry.example is not a registry of Amazon ECR"), "{said}");
}

#[test]
fn what_iam_denies_is_named() {
    let mut aws = Aws::start();
    aws.registry.state().repositories.insert("team/fn".to_owned());
    let check = |aws: &Aws, more: &[&str]| {
        let mut command = aws.tool();
        command.args(["auth", "check", &format!("{HOST}/team/fn"), "--push", "--retries", "0", "--ca-cert"]);
        command.arg(&aws.certificate).args(more);
        command
    };
    let command = check(&aws, &[]);
    let all = succeeded(&aws.keyed(command));
    assert!(all.contains("begin uploads    allowed") && !all.contains("missing"), "{all}");
    // In AWS's words, and where a HEAD has none, by what is asked.
    let words = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: ecr:InitiateLayerUpload \
                 on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/fn because no identity-based \
                 policy allows the ecr:InitiateLayerUpload action";
    let body = serde_json::json!({"errors": [{"code": "DENIED", "message": words}]}).to_string();
    aws.registry.fault("POST", 9, Fault::Answer(403, vec![], body.into_bytes()));
    aws.registry.fault("HEAD /v2/team/fn/blobs", 9, Fault::Answer(403, vec![], vec![]));
    let command = check(&aws, &["--json"]);
    let out = aws.keyed(command);
    failed(&out, &["ask the administrator of the account to attach the policy above"]);
    common::conforms(&common::Place::new(), "docs/schemas/auth-check.json", &text(&out.stdout));
    let json: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(json["identity"].is_object() && json["valid_until"].is_string(), "{json}");
    let missing = ["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload"];
    assert_eq!(json["missing"], serde_json::json!(missing));
    assert_eq!(
        json["policy"]["Statement"][1]["Resource"],
        "arn:aws:ecr:eu-west-1:123456789012:repository/team/fn"
    );
    let command = check(&aws, &[]);
    let out = aws.keyed(command);
    let said = text(&out.stdout);
    assert!(said.contains(&format!("missing          {}\n", missing.join(", "))), "{said}");
    assert!(said.contains("an IAM policy for pushes:"), "{said}");
    // A push says the same.
    aws.registry.state().forget_faults();
    policies_of_other_uses(&mut aws);
    aws.registry.fault(
        "POST",
        9,
        Fault::Answer(
            403,
            vec![],
            serde_json::json!({"errors": [{"code": "DENIED",
        "message": words}]})
            .to_string()
            .into_bytes(),
        ),
    );
    let denied = aws.keyed_build(&format!("{HOST}/team/fn:v1"));
    let check = format!("`lambda-img auth check {HOST}/team/fn`");
    failed(&denied, &["hint: AWS denies `ecr:InitiateLayerUpload`; a push to ECR needs", &check]);
    aws.end();
}

#[test]
fn calls_of_ecr_s_api_that_are_throttled_are_tried_again() {
    let mut aws = Aws::start();
    let api = Emulator::start(&[]);
    let json = |status, body: Value| {
        let kind = ("content-type", "application/x-amz-json-1.1".to_owned());
        Fault::Answer(status, vec![kind], body.to_string().into_bytes())
    };
    let refuse = |code: &str| {
        let named = format!("com.amazonaws.ecr#{code}");
        json(400, serde_json::json!({"__type": named, "message": "Rate exceeded"}))
    };
    let token = json(200, serde_json::json!({"authorizationData": [{"authorizationToken": TOKEN}]}));
    let check = |aws: &mut Aws, retries: &str| {
        let mut command = aws.check();
        command.args(["--retries", retries]).env("AWS_ENDPOINT_URL_ECR", format!("http://{}", api.host));
        aws.keyed(command)
    };
    api.fault("POST /", 1, refuse("ThrottlingException"));
    api.fault("POST /", 1, token);
    assert!(succeeded(&check(&mut aws, "1")).contains("accepts it"));
    let signed = "POST / +AWS4-HMAC-SHA256 [2]";
    assert_eq!(api.log(), [signed, signed]);
    // Again and again, and refusals that another try does not mend.
    for (code, retries, asked, hint) in [
        (
            "ThrottlingException",
            "1",
            2,
            "AWS limits the rate of requests: try again later, or with a larger `--retries`",
        ),
        ("AccessDeniedException", "1", 1, "allow your identity the IAM action `ecr:GetAuthorizationToken`"),
        ("OtherException", "1", 1, "`aws sts get-caller-identity` checks whether AWS accepts your"),
    ] {
        api.fault("POST /", asked, refuse(code));
        let out = check(&mut aws, retries);
        let words =
            format!("caused by: AWS refused ecr:GetAuthorizationToken with status 400: {code} Rate exceeded");
        failed(&out, &[&format!("error: cannot get a credential for {HOST}\n"), &words, hint]);
        assert_eq!(api.log(), vec![signed; asked], "{code}");
    }
    aws.end();
}
