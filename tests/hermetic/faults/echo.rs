//! Registries that bring the user's secret into everything that they say: none of it is repeated, at any
//! verbosity, and nothing of it is written anywhere.

use std::fs;
use std::path::Path;

use super::{answer, api};
use crate::harness::pulling::emulator::{Emulator, Fault};
use crate::harness::pulling::{User, said};

const PASSWORD: &str = "hunter2-s3cr3t";
/// `user:hunter2-s3cr3t`, as a header has it.
const BASIC: &str = "dXNlcjpodW50ZXIyLXMzY3IzdA==";

/// Every file below `dir` but the login itself.
fn files(dir: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if !path.ends_with(".docker/config.json") {
            found.push(fs::read(&path).unwrap());
        }
    }
}

#[test]
fn secrets_that_come_back_are_not_repeated() {
    let user = User::new();
    fs::write(user.path("function/data"), "data").unwrap();
    let args = ["build", "function", "-r", "provided.al2023", "-b", "scratch", "-q", "-o", "oci:image:v1"];
    user.run(&[&args[..], &["--entrypoint", "/x", "--allow", "start-missing"]].concat());
    fs::create_dir(user.path(".docker")).unwrap();
    let header = |status, name, value: String| Fault::Answer(status, vec![(name, value)], vec![]);
    let mut runs = 0;
    for secret in [PASSWORD, BASIC] {
        let located = |status| header(status, "location", format!("http://r.example/{secret}/x"));
        let inside = |status| header(status, "location", format!("/v2/f/blobs/uploads/{secret}"));
        let document = |kind: &str| answer(200, kind, format!(r#"{{"mediaType":"a/{secret}"}}"#));
        let cases: Vec<(&str, Fault)> = vec![
            ("GET /v2/f/manifests", api(403, secret, secret)),
            ("GET /v2/f/manifests", answer(418, "text/plain", format!("you said {secret}"))),
            ("GET /v2/f/manifests", located(307)),
            ("GET /v2/f/manifests", header(200, "docker-content-digest", secret.to_owned())),
            ("GET /v2/f/manifests", document("x")),
            ("POST", api(403, "DENIED", secret)),
            ("POST", located(202)),
            ("POST", located(307)),
            ("POST", inside(202)),
            ("PATCH", inside(202)),
            ("PATCH", api(500, "UNKNOWN", secret)),
            ("PUT /v2/f/blobs", header(201, "docker-content-digest", secret.to_owned())),
            ("PUT /v2/f/manifests", header(201, "docker-content-digest", secret.to_owned())),
            ("PUT /v2/f/manifests", api(400, "MANIFEST_INVALID", secret)),
            ("HEAD /v2/f/manifests", header(503, "retry-after", secret.to_owned())),
        ];
        for (line, fault) in cases {
            let registry = Emulator::start(&[]);
            registry.state().auth = Some((format!("Basic {BASIC}"), format!("Basic realm=\"{secret}\"")));
            registry.fault(line, 9, fault);
            let login = format!(r#"{{"auths": {{"{}": {{"auth": "{BASIC}"}}}}}}"#, registry.host);
            fs::write(user.path(".docker/config.json"), login).unwrap();
            let target = format!("{}/f:v1", registry.host);
            let push = ["push", "-v", "--allow", "start-missing", "oci:image:v1", &target, "--retries", "0"];
            let base = ["--base", &target, "--retries", "0", "-o", "oci:out:v1"];
            let build = [&["build", "function", "-vv", "-r", "python3.12"][..], &base].concat();
            let check = ["auth", "check", "-v", "--push", &target[..target.len() - 3], "--retries", "0"];
            let asked = if line.starts_with("GET") { &build[..] } else { &push[..] };
            for args in [asked, &check] {
                registry.log();
                let (code, out, err) = said(user.command(args).output().unwrap());
                assert!(code == 1 || args == check, "{line}: {args:?}: {out}{err}");
                assert!(registry.log().iter().any(|line| line.ends_with("+Basic")), "nobody was shown it");
                for secret in [PASSWORD, BASIC, "dXNlcjpodW50ZXIy"] {
                    assert!(!out.contains(secret) && !err.contains(secret), "{line}: {args:?}: {out}{err}");
                }
                runs += 1;
            }
        }
    }
    assert_eq!(runs, 60);
    let mut kept = Vec::new();
    files(user.dir.path(), &mut kept);
    for secret in [PASSWORD, BASIC] {
        let has = |bytes: &Vec<u8>| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(kept.len() > 5 && !kept.iter().any(has));
    }
}
