//! Each provider of AWS's chain against an endpoint with a script: what is asked, and that the keys that
//! it gives are those that sign.

use std::fs;
use std::process::Command;

use super::{Aws, SECRET, succeeded, text};
use crate::harness::emulator::{Emulator, Fault};

/// Far in the future.
const EXPIRATION: &str = "2099-01-01T00:00:00Z";
const PAST: &str = "2020-01-01T00:00:00Z";

fn json(value: serde_json::Value) -> Fault {
    Fault::Answer(200, vec![("content-type", "application/json".into())], value.to_string().into())
}

/// What ECS, EKS and EC2 answer.
fn container(key: &str) -> Fault {
    json(serde_json::json!({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": SECRET,
        "Token": "session-s3cr3t", "Expiration": EXPIRATION}))
}

/// What STS answers to AssumeRole and its sisters.
fn assumed(call: &str, key: &str) -> Fault {
    let xml = format!(
        "<{call}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{call}Result><Credentials>\
         <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
         <SessionToken>session-s3cr3t</SessionToken><Expiration>{EXPIRATION}</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>R:s</AssumedRoleId>\
         <Arn>arn:aws:sts::123456789012:assumed-role/push/s</Arn></AssumedRoleUser>\
         </{call}Result></{call}Response>"
    );
    Fault::Answer(200, vec![("content-type", "text/xml".into())], xml.into())
}

/// Pushes with what `prepare` sets; `key` signed the only call of ECR's API.
fn pushes(aws: &mut Aws, key: &str, prepare: impl FnOnce(&mut Command)) {
    let mut command = aws.build(&format!("{}/fn:v1", super::HOST));
    prepare(&mut command);
    aws.keys.lock().unwrap().clear();
    let out = aws.run(&mut command);
    succeeded(&out);
    assert_eq!(*aws.keys.lock().unwrap(), [key], "{}", text(&out.stderr));
}

#[test]
fn every_provider_of_the_chain_gives_the_keys_that_sign() {
    let mut aws = Aws::start();
    aws.registry.state().repositories.insert("fn".to_owned());
    fs::create_dir_all(aws.home().join(".aws/sso/cache")).unwrap();
    let write = |aws: &Aws, name: &str, words: &str| {
        let path = aws.home().join(name);
        fs::write(&path, words).unwrap();
        path
    };
    let endpoint = Emulator::start(&[]);
    let base = format!("http://{}", endpoint.host);

    // ECS, and what is like it: a URI and a token.
    endpoint.fault("GET /ecs", 1, container("ASIAECS"));
    pushes(&mut aws, "ASIAECS", |command| {
        command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{base}/ecs"));
        command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic t0ken-s3cr3t");
    });
    assert_eq!(endpoint.log(), ["GET /ecs +Basic"]);

    // EKS pod identity: the token is in a file.
    let file = write(&aws, "eks-token", "t0ken-s3cr3t");
    endpoint.fault("GET /eks", 1, container("ASIAEKS"));
    pushes(&mut aws, "ASIAEKS", |command| {
        command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{base}/eks"));
        command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
    });
    assert_eq!(endpoint.log(), ["GET /eks +t0ken-s3cr3t"]);

    // EC2: version 2 of its metadata service, which gives a token first.
    let ttl = vec![("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned())];
    endpoint.fault("PUT /latest/api/token", 1, Fault::Answer(200, ttl, b"t0ken-s3cr3t".to_vec()));
    endpoint.fault("security-credentials/push", 1, container("ASIAEC2"));
    endpoint.fault("security-credentials/", 1, Fault::Answer(200, vec![], b"push".to_vec()));
    pushes(&mut aws, "ASIAEC2", |command| {
        command.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &base);
    });
    assert_eq!(
        endpoint.log(),
        [
            "PUT /latest/api/token",
            "GET /latest/meta-data/iam/security-credentials/",
            "GET /latest/meta-data/iam/security-credentials/push"
        ]
    );

    // Web identity: a token in a file, exchanged at STS without a signature.
    let file = write(&aws, "web-token", "web.identity.s3cr3t");
    endpoint.fault("POST /", 1, assumed("AssumeRoleWithWebIdentity", "ASIAWEB"));
    pushes(&mut aws, "ASIAWEB", |command| {
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", file).env("AWS_ENDPOINT_URL_STS", &base);
        command.env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/push").env("AWS_ROLE_SESSION_NAME", "s");
    });
    let log = endpoint.log();
    assert!(log.len() == 1 && log[0].starts_with("POST / [") && !log[0].contains('+'), "{log:?}");

    // GitHub Actions: the job's own token first.
    endpoint.fault("GET /github", 1, json(serde_json::json!({"value": "web.identity.s3cr3t"})));
    endpoint.fault("POST /", 1, assumed("AssumeRoleWithWebIdentity", "ASIAGITHUB"));
    pushes(&mut aws, "ASIAGITHUB", |command| {
        command.env("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{base}/github?api=1"));
        command.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t0ken-s3cr3t").env("AWS_ENDPOINT_URL_STS", &base);
        command.env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/push");
    });
    let log = endpoint.log();
    assert_eq!(log[0], "GET /github?api=1&audience=sts.amazonaws.com +Bearer");
    assert!(log.len() == 2 && log[1].starts_with("POST / [") && !log[1].contains('+'), "{log:?}");

    // A program, and a role upon its keys.
    let program = write(
        &aws,
        "process",
        &serde_json::json!({"Version": 1, "AccessKeyId": "AKIAPROCESS",
        "SecretAccessKey": SECRET})
        .to_string(),
    );
    let config = format!(
        "[profile program]\ncredential_process = cat {}\n\
         [profile role]\nrole_arn = arn:aws:iam::123456789012:role/push\nsource_profile = program\n\
         role_session_name = s\n\
         [profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = push\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n\
         sso_registration_scopes = sso:account:access\n",
        program.display()
    );
    write(&aws, ".aws/config", &config);
    pushes(&mut aws, "AKIAPROCESS", |command| {
        command.env("AWS_PROFILE", "program");
    });
    assert!(endpoint.log().is_empty());
    endpoint.fault("POST /", 1, assumed("AssumeRole", "ASIAROLE"));
    pushes(&mut aws, "ASIAROLE", |command| {
        command.env("AWS_PROFILE", "role").env("AWS_ENDPOINT_URL_STS", &base);
    });
    let log = endpoint.log();
    assert!(log.len() == 1 && log[0].starts_with("POST / +AWS4-HMAC-SHA256 ["), "{log:?}");

    // SSO, whose token has ended and is refreshed. The file's name is the SHA-1 of `corp`.
    let cached = serde_json::json!({"startUrl": "https://corp.example/start", "region": "eu-west-1",
        "accessToken": "old-s3cr3t", "expiresAt": PAST, "clientId": "client", "clientSecret": "client-s3cr3t",
        "registrationExpiresAt": EXPIRATION, "refreshToken": "refresh-s3cr3t"});
    let name = ".aws/sso/cache/e5e89a7b1f04e2b5d9bbb4f8ac8ab2dfd8a2e1b8.json";
    let sha1 = Command::new("sh").args(["-c", "printf corp | sha1sum"]).output().unwrap();
    let name = name
        .replace("e5e89a7b1f04e2b5d9bbb4f8ac8ab2dfd8a2e1b8", text(&sha1.stdout).split(' ').next().unwrap());
    let cache = write(&aws, &name, &cached.to_string());
    let refreshed = serde_json::json!({"accessToken": "new-s3cr3t", "expiresIn": 3600, "tokenType": "Bearer",
        "refreshToken": "refresh-2-s3cr3t"});
    endpoint.fault("POST /token", 1, json(refreshed));
    let role = serde_json::json!({"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": SECRET,
        "sessionToken": "session-s3cr3t", "expiration": 4_070_908_800_000_u64}});
    endpoint.fault("GET /federation/credentials", 1, json(role));
    pushes(&mut aws, "ASIASSO", |command| {
        command.env("AWS_PROFILE", "sso").env("AWS_ENDPOINT_URL_SSO", &base);
        command.env("AWS_ENDPOINT_URL_SSO_OIDC", &base);
    });
    let log = endpoint.log();
    assert!(log.len() == 2 && log[0].starts_with("POST /token ["), "{log:?}");
    assert!(log[1].starts_with("GET /federation/credentials?"), "{log:?}");
    assert!(fs::read_to_string(cache).unwrap().contains("new-s3cr3t"));

    assert!(!aws.said.contains("s3cr3t"), "{}", aws.said);
    aws.end();
}

#[test]
fn a_registry_has_a_profile_and_a_role_of_its_own() {
    let mut aws = Aws::start();
    aws.registry.state().repositories.insert("fn".to_owned());
    fs::create_dir_all(aws.home().join(".aws")).unwrap();
    let profile = format!("[deploy]\naws_access_key_id = AKIADEPLOY\naws_secret_access_key = {SECRET}\n");
    fs::write(aws.home().join(".aws/credentials"), profile).unwrap();
    let endpoint = Emulator::start(&[]);
    let base = format!("http://{}", endpoint.host);
    let home = aws.home().to_owned();
    let settings = |more: &str| {
        let text = format!("[registries.\"{}\"]\n{more}\n", super::HOST);
        fs::write(home.join("lambda-img.toml"), text).unwrap();
    };
    // Everybody else's keys, which come first elsewhere.
    let others = |command: &mut Command| {
        command.current_dir(&home).env("AWS_ENDPOINT_URL_STS", &base);
        command.env("AWS_ACCESS_KEY_ID", "AKIAOTHERS").env("AWS_SECRET_ACCESS_KEY", SECRET);
    };
    settings("");
    pushes(&mut aws, "AKIAOTHERS", others);
    settings("aws-profile = \"deploy\"");
    pushes(&mut aws, "AKIADEPLOY", others);
    assert!(endpoint.log().is_empty());
    // A role upon the keys of everybody, and upon those of the profile.
    for (profile, signer) in [("", "AKIAOTHERS"), ("aws-profile = \"deploy\"", "AKIADEPLOY")] {
        endpoint.fault("POST /", 1, assumed("AssumeRole", "ASIAROLE"));
        settings(&format!("{profile}\naws-role = \"arn:aws:iam::123456789012:role/push\""));
        pushes(&mut aws, "ASIAROLE", others);
        let log = endpoint.log();
        assert!(log.len() == 1 && log[0].starts_with("POST / +AWS4-HMAC-SHA256 ["), "{signer}: {log:?}");
    }
    // One that is not there, and no other in its place.
    settings("aws-profile = \"missing\"");
    let mut command = aws.build(&format!("{}/fn:v1", super::HOST));
    others(&mut command);
    let out = aws.run(&mut command);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(
        said.contains("tried the profile that is set for this registry") && said.contains("missing"),
        "{said}"
    );
    assert!(!aws.said.contains("s3cr3t"), "{}", aws.said);
    aws.end();
}
