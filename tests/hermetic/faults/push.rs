//! Pushes to registries that do not behave.

use std::fs;
use std::time::Duration;

use lambda_img::digest::Digest;
use serde_json::Value;

use super::{Transcript, answer, api};
use crate::harness::pulling::User;
use crate::harness::pulling::emulator::{Emulator, Fault, Quirk};

/// What it shows, the retries, and the requests that go wrong, with how often.
type Case<'a> = (&'a str, &'a str, Vec<(&'a str, usize, Fault)>);

/// A user with an image of one layer in a layout, whose parts a registry's log calls by name.
fn made() -> User {
    let user = User::new();
    fs::write(user.path("function/data"), "the bytes of a function").unwrap();
    let args = ["build", "function", "-r", "provided.al2023", "-b", "scratch", "-q", "-o", "oci:image:v1"];
    user.run(&[&args[..], &["--entrypoint", "/x", "--allow", "start-missing"]].concat());
    user
}

fn registry(user: &User, quirks: &[Quirk]) -> Emulator {
    let registry = Emulator::start(quirks);
    let read = |path: &str| fs::read(user.path("image").join(path)).unwrap();
    let blob = |digest: &Value| read(&format!("blobs/{}", digest.as_str().unwrap().replace(':', "/")));
    let index: Value = serde_json::from_slice(&read("index.json")).unwrap();
    let bytes = blob(&index["manifests"][0]["digest"]);
    let manifest: Value = serde_json::from_slice(&bytes).unwrap();
    registry.name(&bytes, "manifest");
    registry.name(&blob(&manifest["config"]["digest"]), "config");
    registry.name(&blob(&manifest["layers"][0]["digest"]), "layer");
    registry
}

#[test]
fn pushes() {
    let user = made();
    let mut transcript = Transcript::new("pushes.txt");
    let other = Digest::of(b"other").to_string();
    let located = |status: u16, to: &str| Fault::Answer(status, vec![("location", to.to_owned())], vec![]);
    let cases: Vec<Case<'_>> = vec![
        ("nothing wrong", "0", vec![]),
        ("HEAD of a manifest is 405", "0", vec![("HEAD /v2/f/manifests", 2, api(405, "UNSUPPORTED", "no"))]),
        ("HEAD of a manifest is 204", "0", vec![("HEAD /v2/f/manifests", 2, answer(204, "x", ""))]),
        ("HEAD of a manifest is 201", "0", vec![("HEAD /v2/f/manifests", 2, answer(201, "x", ""))]),
        ("HEAD of a manifest is 403", "0", vec![("HEAD /v2/f/manifests", 2, answer(403, "x", ""))]),
        (
            "HEAD of a manifest has no digest in its header",
            "0",
            vec![(
                "HEAD /v2/f/manifests",
                1,
                Fault::Answer(200, vec![("docker-content-digest", "x".into())], vec![]),
            )],
        ),
        ("HEAD of a blob is 201", "0", vec![("HEAD /v2/f/blobs", 9, answer(201, "x", ""))]),
        ("HEAD of a blob is 403", "0", vec![("HEAD /v2/f/blobs", 9, answer(403, "x", ""))]),
        (
            "HEAD of a blob has another size",
            "0",
            vec![("HEAD /v2/f/blobs", 9, Fault::Answer(200, vec![("content-length", "7".into())], vec![]))],
        ),
        ("HEAD of a blob is 405", "0", vec![("HEAD /v2/f/blobs", 9, answer(405, "x", ""))]),
        ("HEAD of a blob is 204", "0", vec![("HEAD /v2/f/blobs", 9, answer(204, "x", ""))]),
        ("what exists is busy", "1", vec![("HEAD /v2/f/manifests/v1", 9, answer(503, "x", ""))]),
        ("POST has no location", "0", vec![("POST", 9, answer(202, "x", ""))]),
        ("POST leads away from the registry", "0", vec![("POST", 9, located(202, "http://r.example/x"))]),
        ("POST leads to a file", "0", vec![("POST", 9, located(202, "file:///etc/passwd"))]),
        ("POST leads to the metadata", "0", vec![("POST", 9, located(202, "http://169.254.169.254/latest"))]),
        ("POST leads to no URL", "0", vec![("POST", 9, located(202, "http://["))]),
        ("POST is sent on by 302", "0", vec![("POST", 9, located(302, "/v2/g/blobs/uploads/"))]),
        ("POST is 204", "0", vec![("POST", 1, located(204, "/v2/f/blobs/uploads/9"))]),
        (
            "POST is 429 once",
            "1",
            vec![("POST", 1, Fault::Answer(429, vec![("retry-after", "0".into())], vec![]))],
        ),
        (
            "POST asks to wait for an hour",
            "1",
            vec![("POST", 1, Fault::Answer(429, vec![("retry-after", "3600".into())], vec![]))],
        ),
        ("POST is dropped once", "1", vec![("POST", 1, Fault::Drop)]),
        ("POST stalls", "0", vec![("POST", 9, Fault::Stall(Duration::from_secs(9)))]),
        ("POST is a page of HTML", "0", vec![("POST", 9, answer(503, "text/html", "<html>no</html>"))]),
        ("POST is 200", "0", vec![("POST", 9, answer(200, "x", ""))]),
        ("POST is 404", "0", vec![("POST", 9, api(404, "NAME_UNKNOWN", "repository name not known"))]),
        ("POST is 405", "0", vec![("POST", 9, api(405, "UNSUPPORTED", "no"))]),
        ("POST is 401", "0", vec![("POST", 9, api(401, "UNAUTHORIZED", "authentication required"))]),
        ("POST is 403", "0", vec![("POST", 9, api(403, "DENIED", "no pushes"))]),
        ("PATCH is 204 and nothing is kept", "0", vec![("PATCH", 9, Fault::Answer(204, vec![], vec![]))]),
        ("PATCH is 404: all in the PUT", "0", vec![("PATCH", 1, answer(404, "x", ""))]),
        ("PATCH is 405: all in the PUT", "0", vec![("PATCH", 1, answer(405, "x", ""))]),
        ("PATCH is 413: in parts", "0", vec![("PATCH", 1, answer(413, "x", ""))]),
        ("PATCH is 401", "0", vec![("PATCH", 9, answer(401, "x", ""))]),
        ("PATCH is 403", "0", vec![("PATCH", 9, api(403, "DENIED", "no layers"))]),
        ("PATCH is 408 once", "1", vec![("PATCH", 1, answer(408, "x", ""))]),
        ("PATCH is 416 once", "1", vec![("PATCH", 1, api(416, "BLOB_UPLOAD_INVALID", "no such part"))]),
        (
            "PATCH is 429 once",
            "1",
            vec![("PATCH", 1, Fault::Answer(429, vec![("retry-after", "0".into())], vec![]))],
        ),
        ("PATCH is 500, again and again", "1", vec![("PATCH", 9, answer(500, "x", ""))]),
        ("PATCH is 200", "0", vec![("PATCH", 9, answer(200, "x", ""))]),
        ("PATCH is dropped once", "1", vec![("PATCH", 1, Fault::Drop)]),
        ("PATCH is dropped, again and again", "1", vec![("PATCH", 9, Fault::Drop)]),
        ("PATCH stalls", "0", vec![("PATCH", 9, Fault::Stall(Duration::from_secs(9)))]),
        ("PATCH is sent on to a private address", "0", vec![("PATCH", 9, located(307, "http://10.0.0.1/x"))]),
        (
            "PUT of a blob is 404 once",
            "1",
            vec![("PUT /v2/f/blobs", 1, api(404, "BLOB_UPLOAD_UNKNOWN", "gone"))],
        ),
        ("PUT of a blob is 200", "0", vec![("PUT /v2/f/blobs", 9, answer(200, "x", ""))]),
        ("PUT of a blob is 500 once", "1", vec![("PUT /v2/f/blobs", 1, answer(500, "x", ""))]),
        ("PUT of a blob is dropped once", "1", vec![("PUT /v2/f/blobs", 1, Fault::Drop)]),
        ("PUT of a blob stalls", "0", vec![("PUT /v2/f/blobs", 9, Fault::Stall(Duration::from_secs(20)))]),
        ("PUT of a blob is 405", "0", vec![("PUT /v2/f/blobs", 9, answer(405, "x", ""))]),
        (
            "PUT of a blob finds other bytes",
            "0",
            vec![("PUT /v2/f/blobs", 9, api(400, "DIGEST_INVALID", "other bytes"))],
        ),
        (
            "PUT of a blob says another digest",
            "0",
            vec![(
                "PUT /v2/f/blobs",
                9,
                Fault::Answer(201, vec![("docker-content-digest", other.clone())], vec![]),
            )],
        ),
        (
            "PUT of the manifest is 200 and nothing comes of it",
            "0",
            vec![("PUT /v2/f/manifests", 9, answer(200, "x", ""))],
        ),
        (
            "PUT of the manifest is 204 and nothing comes of it",
            "0",
            vec![("PUT /v2/f/manifests", 9, answer(204, "x", ""))],
        ),
        (
            "PUT of the manifest says another digest",
            "0",
            vec![(
                "PUT /v2/f/manifests",
                9,
                Fault::Answer(201, vec![("docker-content-digest", other)], vec![]),
            )],
        ),
        ("PUT of the manifest is 401", "0", vec![("PUT /v2/f/manifests", 9, answer(401, "x", ""))]),
        (
            "PUT of the manifest is 403",
            "0",
            vec![("PUT /v2/f/manifests", 9, api(403, "DENIED", "no manifests"))],
        ),
        ("PUT of the manifest is dropped once", "1", vec![("PUT /v2/f/manifests", 1, Fault::Drop)]),
        ("PUT of the manifest is 404", "0", vec![("PUT /v2/f/manifests", 9, answer(404, "x", ""))]),
        ("PUT of the manifest is 405", "0", vec![("PUT /v2/f/manifests", 9, answer(405, "x", ""))]),
        (
            "PUT of the manifest is 429 once",
            "1",
            vec![("PUT /v2/f/manifests", 1, Fault::Answer(429, vec![("retry-after", "0".into())], vec![]))],
        ),
        (
            "PUT of the manifest is refused",
            "0",
            vec![("PUT /v2/f/manifests", 9, api(400, "MANIFEST_INVALID", "not here"))],
        ),
    ];
    for (what, retries, faults) in cases {
        let registry = registry(&user, &[]);
        for (line, times, fault) in faults {
            registry.fault(line, times, fault);
        }
        let target = format!("{}/f:v1", registry.host);
        let args = [
            "push",
            "--allow",
            "start-missing",
            "-j",
            "1",
            "--timeout",
            "1",
            "--retries",
            retries,
            "oci:image:v1",
            &target,
        ];
        transcript.run(what, &user, &[(&registry, "HOST")], &args);
    }
    transcript.check();
}

/// Whoever asks without a token of the service is asked for one.
#[test]
fn tokens() {
    let user = made();
    let mut transcript = Transcript::new("push-tokens.txt");
    let token = |number| answer(200, "x", format!("{{\"token\":\"t{number}\"}}"));
    for (what, faults, tokens) in [
        ("a token for all", vec![], 9),
        ("it ends before the bytes of a layer", vec![("PATCH /v2/f/blobs/uploads/1", 1)], 9),
        ("it ends behind the bytes of a layer", vec![("PUT /v2/f/blobs/uploads/1", 1)], 9),
        ("it ends before the manifest", vec![("PUT /v2/f/manifests", 1)], 9),
        ("it ends before a tag is looked for", vec![("HEAD /v2/f/manifests/v1 +Bearer", 1)], 9),
        ("none is ever good for a layer", vec![("PATCH", 9)], 9),
        ("none is ever good for the manifest", vec![("PUT /v2/f/manifests", 9)], 9),
        ("it ends, and there is no other", vec![("PATCH", 1)], 1),
    ] {
        let (registry, service) = (registry(&user, &[]), Emulator::start(&[]));
        let ask = format!("Bearer realm=\"http://{}/token\",service=\"r.example\"", service.host);
        registry.state().auth = Some(("Bearer t".into(), ask.clone()));
        for (line, times) in faults {
            let refused = Fault::Answer(401, vec![("www-authenticate", ask.clone())], vec![]);
            registry.fault(line, times, refused);
        }
        (0..tokens).for_each(|number| service.fault("/token", 1, token(number)));
        service.fault("/token", 9, api(403, "DENIED", "you had one"));
        let target = format!("{}/f:v1", registry.host);
        let args = ["push", "--allow", "start-missing", "-j", "1", "--timeout", "1", "--retries", "0"];
        let hosts = [(&registry, "HOST"), (&service, "TOKENS")];
        transcript.run(what, &user, &hosts, &[&args[..], &["oci:image:v1", &target]].concat());
    }
    transcript.check();
}
