//! Signed evidence of other implementations. `docs/guides/audit.md`, which OpenSSL and Python read, has the other half.

use super::{FUNCTION, function};
use crate::harness::common::must;
use crate::harness::helpers::docker_registry;
use crate::harness::support::repository;

#[test]
fn a_bundle_that_another_implementation_made_is_verified() {
    let place = function();
    let registry = docker_registry(&place.dir("registry"), "", "");
    let image = format!("{}/team/fn:v1", registry.host);
    let digest = place.run(&format!("build {FUNCTION} --allow start-format --push -t {image} -q")).digest();
    let sign = |about: &str| {
        let arguments = [&registry.host, "team/fn", &digest, about];
        must(place.program("python3").arg(repository("tests/data/verify/sign.py")).args(arguments));
        place.run(&format!("verify {image} --key other.pub --attestation https://example.com/reviewed/v1"))
    };
    let ran = sign(&digest);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = sign(&format!("sha256:{}", "0".repeat(64)));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("what is signed is a statement about another image"), "{}", ran.stdout);
}
