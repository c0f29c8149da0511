//! Pushes to registries that do not behave.

use std::fs;
use std::time::Duration;

use lambda_img::digest::Digest;
use serde_json::Value;

use crate::pulling::User;
use crate::pulling::emulator::{Emulator, Fault, Quirk};
use crate::{Transcript, answer, api};

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
        ("HEAD of a blob is 405", "0", vec![("HEAD /v2/f/blobs", 9, answer(405, "x", ""))]),
        ("HEAD of a blob is 204", "0", vec![("HEAD /v2/f/blobs", 9, answer(204, "x", ""))]),
        ("what exists is busy", "1", vec![("HEAD /v2/f/manifests/v1", 9, answer(503, "x", ""))]),
        ("POST has no location", "0", vec![("POST", 9, answer(202, "x", ""))]),
        ("POST leads away from the registry", "0", vec![("POST", 9, located(202, "http://r.example/x"))]),
        ("POST is 200", "0", vec![("POST", 9, answer(200, "x", ""))]),
        ("POST is 404", "0", vec![("POST", 9, api(404, "NAME_UNKNOWN", "repository name not known"))]),
        ("POST is 405", "0", vec![("POST", 9, api(405, "UNSUPPORTED", "no"))]),
        ("POST is 401", "0", vec![("POST", 9, api(401, "UNAUTHORIZED", "authentication required"))]),
        ("POST is 403", "0", vec![("POST", 9, api(403, "DENIED", "no pushes"))]),
        ("PATCH is 204 and nothing is kept", "0", vec![("PATCH", 9, Fault::Answer(204, vec![], vec![]))]),
        ("PATCH is 404: all in the PUT", "0", vec![("PATCH", 1, answer(404, "x", ""))]),
        ("PATCH is 405: all in the PUT", "0", vec![("PATCH", 1, answer(405, "x", ""))]),
        ("PATCH is 413: in parts", "0", vec![("PATCH", 1, answer(413, "x", ""))]),
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
