//! Bases from registries that do not behave.

use std::time::Duration;

use lambda_img::arch::Arch;
use lambda_img::digest::Digest;
use lambda_img::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::json;

use super::{Transcript, answer, api};
use crate::harness::pulling::emulator::{Emulator, Fault};
use crate::harness::pulling::{PYTHON, Shaped, TAG, User, mirror};

const VERIFY: [&str; 10] =
    ["base", "verify", "-q", "-r", "python3.12", "-a", "x86_64", "--timeout", "1", "--retries"];
const BUILD: [&str; 10] =
    ["build", "function", "-q", "-r", "python3.12", "-j", "1", "--timeout", "1", "--retries"];

/// What it shows, the retries, and the requests that go wrong.
type Case<'a> = (&'a str, &'a str, Vec<(&'a str, Fault)>);

fn header(status: u16, name: &'static str, value: impl ToString, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Answer(status, vec![(name, value.to_string())], body.into())
}

/// An index of indexes of indexes, as deep as nobody needs, under this tag.
fn nest(registry: &Emulator, tag: &str) {
    let mut bytes = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).to_string();
    for level in 0..9 {
        registry.add_manifest(PYTHON, tag, OCI_INDEX, bytes.as_bytes());
        registry.name(bytes.as_bytes(), &format!("index-{level}"));
        let entry = json!({"mediaType": OCI_INDEX, "digest": Digest::of(bytes.as_bytes()).to_string(),
            "size": bytes.len()});
        bytes = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).to_string();
    }
    registry.add_manifest(PYTHON, tag, OCI_INDEX, bytes.as_bytes());
    registry.name(bytes.as_bytes(), "index-9");
}

#[test]
fn manifests() {
    let shaped = Shaped::new(1, 2000, &[]);
    let mut transcript = Transcript::new("manifests.txt");
    let other = Digest::of(b"other");
    let cases: Vec<(&str, &str, Fault)> = vec![
        ("a page of HTML", "0", answer(200, "text/html", "<html>log in</html>")),
        ("no JSON", "0", answer(200, OCI_MANIFEST, "hello")),
        ("JSON of something else", "0", answer(200, OCI_MANIFEST, "{}")),
        ("schema 1", "0", answer(200, OCI_MANIFEST, r#"{"schemaVersion":1}"#)),
        ("a media type with control characters", "0", answer(200, "x", r#"{"mediaType":"a/\u001b[2J"}"#)),
        ("a header with another digest", "0", header(200, "docker-content-digest", other, "{}")),
        ("more than 4 MiB, announced", "0", header(200, "content-length", 4_194_305, "")),
        ("more than 4 MiB, and no end", "0", Fault::Endless),
        ("status 201", "0", answer(201, OCI_MANIFEST, "{}")),
        ("status 202", "0", answer(202, OCI_MANIFEST, "{}")),
        ("status 204", "0", Fault::Answer(204, vec![], vec![])),
        ("status 206", "0", answer(206, OCI_MANIFEST, "{}")),
        ("status 302 without a location", "0", answer(302, "x", "")),
        ("a redirect to plain HTTP elsewhere", "0", header(307, "location", "http://r.example/x", "")),
        ("a redirect to a file", "0", header(307, "location", "file:///etc/passwd", "")),
        ("status 401", "0", api(401, "UNAUTHORIZED", "authentication required")),
        ("status 403", "0", api(403, "DENIED", "requested access to the resource is denied")),
        ("status 404", "0", api(404, "MANIFEST_UNKNOWN", "manifest unknown")),
        ("status 405", "0", api(405, "UNSUPPORTED", "The operation is unsupported.")),
        ("status 429, again and again", "1", header(429, "retry-after", 0, "")),
        ("status 503", "0", answer(503, "text/plain", "try later")),
        ("the connection is dropped", "0", Fault::Drop),
        ("the connection is dropped once", "1", Fault::Drop),
        ("nothing comes", "0", Fault::Stall(Duration::from_secs(5))),
    ];
    for (what, retries, fault) in cases {
        let (user, registry) = (User::new(), shaped.emulated());
        let times = if what.ends_with("once") { 1 } else { 9 };
        registry.fault("/manifests/", times, fault);
        let mirror = mirror(&registry.host);
        let args = [&VERIFY[..], &[retries, &mirror]].concat();
        transcript.run(what, &user, &[(&registry, "HOST")], &args);
        let kept = user.cache_is_sound();
        assert_eq!(kept, if times == 1 { 2 } else { 0 }, "{what}");
    }
    let (user, registry) = (User::new(), shaped.emulated());
    registry.fault("/manifests/", 9, Fault::Lie);
    let base = format!("{}/{PYTHON}@{}", registry.host, shaped.digest(Arch::X86_64));
    let args = [&BUILD[..], &["0", "--base", &base]].concat();
    transcript.run("other bytes than the digest's", &user, &[(&registry, "HOST")], &args);
    let registry = Emulator::start(&[]);
    nest(&registry, TAG);
    let mirror = mirror(&registry.host);
    let args = [&VERIFY[..], &["0", &mirror]].concat();
    transcript.run("indexes without end", &user, &[(&registry, "HOST")], &args);
    transcript.check();
}

#[test]
fn blobs() {
    let shaped = Shaped::new(2, 2000, &[]);
    let mut transcript = Transcript::new("blobs.txt");
    let cut = || Fault::Cut(700);
    let whole = {
        let digest = shaped.manifest(Arch::X86_64)["layers"][1]["digest"].as_str().unwrap().to_owned();
        shaped.blob(&digest)
    };
    let size = whole.len();
    let range = |start: usize| format!("bytes {start}-{}/{size}", size - 1);
    let rest = |start: usize| header(206, "content-range", range(start), &whole[start..]);
    let cases: Vec<Case<'_>> = vec![
        ("a configuration of other bytes", "0", vec![("<config>", Fault::Lie)]),
        ("a configuration of another size", "0", vec![("<config>", answer(200, "x", "{}"))]),
        ("no configuration", "0", vec![("<config>", api(404, "BLOB_UNKNOWN", "blob unknown"))]),
        ("a layer of other bytes", "0", vec![("<layer-1>", Fault::Lie)]),
        ("a layer of another size", "0", vec![("<layer-1>", answer(200, "x", "short"))]),
        ("a layer without end", "0", vec![("<layer-1>", Fault::Endless)]),
        ("status 201 for a layer", "0", vec![("<layer-1>", answer(201, "x", whole.clone()))]),
        ("status 403 for a layer", "0", vec![("<layer-1>", api(403, "DENIED", "no"))]),
        ("status 404 for a layer", "0", vec![("<layer-1>", api(404, "BLOB_UNKNOWN", "blob unknown"))]),
        ("status 429 for a layer once", "1", vec![("<layer-1>", header(429, "retry-after", 0, ""))]),
        ("status 503 for a layer, and no more tries", "0", vec![("<layer-1>", answer(503, "x", ""))]),
        ("a page of HTML for a layer", "0", vec![("<layer-1>", answer(200, "text/html", "<html>log in"))]),
        ("a configuration without end", "0", vec![("<config>", Fault::Endless)]),
        ("a configuration that is dropped once", "1", vec![("<config>", Fault::Drop)]),
        ("a layer that is dropped", "0", vec![("<layer-1>", Fault::Drop)]),
        ("a layer that leads nowhere", "0", vec![("<layer-1>", answer(307, "x", ""))]),
        (
            "a layer that leads in a circle",
            "0",
            vec![("<layer-1>", header(307, "location", "?again=<layer-1>", ""))],
        ),
        ("status 204 for a layer", "0", vec![("<layer-1>", Fault::Answer(204, vec![], vec![]))]),
        ("status 405 for a layer", "0", vec![("<layer-1>", api(405, "UNSUPPORTED", "no"))]),
        (
            "a layer to plain HTTP elsewhere",
            "0",
            vec![("<layer-1>", header(307, "location", "http://s3.example/x", ""))],
        ),
        ("a layer that breaks off", "0", vec![("<layer-1>", cut())]),
        ("a layer that breaks off once", "1", vec![("<layer-1>", cut())]),
        (
            "no ranges: all of it again",
            "1",
            vec![("bytes=700-", answer(200, "x", whole.clone())), ("<layer-1>", cut())],
        ),
        (
            "status 416 for the rest: all of it again",
            "1",
            vec![("bytes=700-", api(416, "RANGE_INVALID", "no such range")), ("<layer-1>", cut())],
        ),
        ("another part than the rest", "1", vec![("bytes=700-", rest(300)), ("<layer-1>", cut())]),
        ("a layer that stalls", "0", vec![("<layer-1>", Fault::Stall(Duration::from_secs(5)))]),
    ];
    for (what, retries, faults) in cases {
        let (user, registry) = (User::new(), shaped.emulated());
        for (line, fault) in faults {
            registry.fault(line, if what.ends_with("circle") { 99 } else { 1 }, fault);
        }
        let mirror = mirror(&registry.host);
        let args = [&BUILD[..], &[retries, &mirror, "-o", "oci:out:v1"]].concat();
        transcript.run(what, &user, &[(&registry, "HOST")], &args);
        user.cache_is_sound();
    }
    transcript.check();
}

#[test]
fn tokens() {
    let shaped = Shaped::new(3, 2000, &[]);
    let mut transcript = Transcript::new("tokens.txt");
    let token = |body: &str| answer(200, "application/json", body);
    let cases = vec![
        ("no JSON", token("<html>")),
        ("no token in it", token(r#"{"token":""}"#)),
        ("more than a token", token(&" ".repeat(1 << 21))),
        ("status 201", answer(201, "application/json", r#"{"token":"t1"}"#)),
        ("status 204", Fault::Answer(204, vec![], vec![])),
        ("status 404", api(404, "NOT_FOUND", "no such service")),
        ("status 405", api(405, "UNSUPPORTED", "no")),
        ("status 429", header(429, "retry-after", 0, "")),
        ("a page of HTML", answer(200, "text/html", "<html>log in</html>")),
        ("a token without end", Fault::Endless),
        ("the connection is dropped", Fault::Drop),
        ("nothing comes", Fault::Stall(Duration::from_secs(5))),
        ("a redirect to plain HTTP elsewhere", header(302, "location", "http://token.example/t", "")),
        ("a token that no header can carry", token(r#"{"token":"a\nb"}"#)),
        ("a token that ended", token(r#"{"token":"t1","expires_in":-5}"#)),
        ("status 403", api(403, "DENIED", "not you")),
        ("a redirect to a private address", header(302, "location", "http://169.254.169.254/latest", "")),
        ("a redirect to another loopback", header(302, "location", "http://127.0.0.2:1/", "")),
        ("a token that the registry does not take", token(r#"{"token":"other"}"#)),
        ("a token that lasts", token(r#"{"token":"t1","expires_in":300}"#)),
    ];
    for (what, fault) in cases {
        let (user, registry, service) = (User::new(), shaped.emulated(), Emulator::start(&[]));
        let ask = format!("Bearer realm=\"http://{}/token\",service=\"r.example\"", service.host);
        registry.state().auth = Some(("Bearer t1".into(), ask));
        service.fault("/token", 9, fault);
        let mirror = mirror(&registry.host);
        let args = [&VERIFY[..], &["0", &mirror]].concat();
        transcript.run(what, &user, &[(&registry, "HOST"), (&service, "TOKENS")], &args);
    }
    transcript.check();
}

/// The first request of all, on which everything else depends.
#[test]
fn pings() {
    let shaped = Shaped::new(4, 2000, &[]);
    let mut transcript = Transcript::new("pings.txt");
    let asks = |value: &'static str| header(401, "www-authenticate", value, "");
    let cases: Vec<(&str, Fault)> = vec![
        ("status 201", answer(201, "x", "")),
        ("status 204", Fault::Answer(204, vec![], vec![])),
        ("status 404", answer(404, "text/html", "<html>nothing here</html>")),
        ("status 405", answer(405, "x", "")),
        ("a page of HTML", answer(200, "text/html", "<html>log in</html>")),
        ("status 503", answer(503, "text/plain", "try later")),
        ("a page without end", Fault::Endless),
        ("the connection is dropped", Fault::Drop),
        ("nothing comes", Fault::Stall(Duration::from_secs(5))),
        ("a redirect to plain HTTP elsewhere", header(302, "location", "http://r.example/", "")),
        ("status 401 and no challenge", answer(401, "x", "")),
        ("a challenge that nobody knows", asks("Negotiate")),
        ("a token service that is no URL", asks("Bearer realm=\"http://[\"")),
        ("a token service in plain HTTP", asks("Bearer realm=\"http://token.example/t\"")),
        ("a token service that is a file", asks("Bearer realm=\"file:///etc/passwd\"")),
        ("a token service without a place", asks("Bearer service=\"x\"")),
    ];
    for (what, fault) in cases {
        let (user, registry) = (User::new(), shaped.emulated());
        // One more than the ping, where what follows shall meet it, too.
        let times =
            if what.contains("401") || what.contains("nobody") || what.contains("place") { 2 } else { 1 };
        registry.fault("GET /v2/", times, fault);
        let mirror = mirror(&registry.host);
        let args = [&VERIFY[..], &["0", &mirror]].concat();
        transcript.run(what, &user, &[(&registry, "HOST")], &args);
    }
    transcript.check();
}
