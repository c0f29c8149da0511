//! Policies: what they ask for, and what a wrong one says.

use super::{Signed, signed};
use crate::attest::IN_GITHUB;
use crate::harness::common::{Place, must};
use crate::harness::emulator::Quirk;

/// The image of a build in GitHub Actions, with signed provenance.
fn from_github() -> Signed {
    let one = Signed::new(&[Quirk::HasReferrers], "");
    let arguments = super::build(&one.registry, "--attest provenance,sbom --sign-key release.key");
    let mut tool = one.place.tool(&arguments);
    tool.envs(IN_GITHUB);
    must(&mut tool);
    one
}

const ALL: &str = "attestations = [\"provenance\", \"sbom\"]\n\
                   builders = [\"https://github.example/team/fn/.github/workflows/build.yml@*\"]\n\
                   sources = [\"https://github.example/team/*\"]\n\
                   base-pinned = true\nchecks = true\nallow = [\"start-format\"]\n\
                   [keys]\nrelease = \"release.pub\"\n";

#[test]
fn a_policy_is_held_to_requirement_by_requirement() {
    let one = from_github();
    // Keys are relative to the policy.
    one.place.write("deep/policy.toml", ALL.replace("release.pub", "../release.pub"));
    let ran = one.verify("--policy deep/policy.toml");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in [
        "  verified      signature any key: signed by `release` in sha256:",
        "  verified      attestation https://slsa.dev/provenance/v1: signed by `release`",
        "  verified      attestation https://cyclonedx.org/bom: signed by `release`",
        "  verified      builder https://github.example/team/fn/.github/workflows/build.yml@*: \
         https://github.example/team/fn/.github/workflows/build.yml@refs/heads/main: signed by `release`",
        "  verified      source https://github.example/team/*: https://github.example/team/fn: signed",
        "  verified      base pinned: embedded@sha256:",
        "  verified      checks none denied: no check denies the image",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    let names = "keys = { release = \"release.pub\", other = \"other.pub\" }\n";
    for (policy, why) in [
        (
            format!("{names}signed-by = [\"release\", \"other\"]"),
            "  not verified  signature other: key `other` did not sign it",
        ),
        (
            format!("{names}attestations = [\"spdx\"]"),
            "  not verified  attestation https://spdx.dev/Document: no key of the policy signed such",
        ),
        (
            format!("{names}builders = [\"https://github.example/other/*\"]"),
            "the provenance names https://github.example/team/fn/.github",
        ),
        (
            format!("{names}sources = [\"https://github.example/team\"]"),
            "the provenance names https://github.example/team/fn: signed",
        ),
        ("checks = true\nallow = [\"start-format\"]\ndeny = [\"base-unpinned\"]".to_owned(), ""),
        (
            "keys = { other = \"other.pub\" }\nbase-pinned = true".to_owned(),
            "no key of the policy signed provenance, which names the base",
        ),
        ("checks = true".to_owned(), "  not verified  checks none denied: denied by start-format"),
    ] {
        if why.is_empty() {
            continue;
        }
        one.place.write("policy.toml", &policy);
        let ran = one.verify("--policy policy.toml");
        assert_eq!(ran.code, Some(1), "{policy}: {ran:?}");
        assert!(ran.stdout.contains(why), "{policy}: {why}: {}", ran.stdout);
    }
    // Provenance by the right key that names another base than the image does.
    let mut statement = one.statement(&one.digest);
    statement["predicateType"] = "https://slsa.dev/provenance/v1".into();
    statement["predicate"] = serde_json::json!({ "buildDefinition": { "resolvedDependencies": [
        { "uri": "oci://base", "digest": { "sha256": "0".repeat(64) } }] } });
    one.attach(signed(&statement, &one.other).to_string().as_bytes());
    one.place.write(
        "policy.toml",
        "keys = { other = \"other.pub\" }\nbase-pinned = true\nbuilders = [\"*://*\"]\n",
    );
    let ran = one.verify("--policy policy.toml");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains(", and the provenance does not: signed by `other`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the provenance names none: signed by `other`"), "{}", ran.stdout);
}

#[test]
fn wrong_policies_are_refused_before_anything_is_asked() {
    let place = Place::new();
    super::pair(&place, "release");
    place.write("empty.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    let key = "[keys]\nrelease = \"release.pub\"\n";
    for (policy, words) in [
        (
            format!("\nsigned_by = []\n{key}"),
            &["`policy.toml`, line 2: unknown field `signed_by`", "`signed-by`"][..],
        ),
        (format!("keyz = 1\n{key}"), &["line 1: unknown field `keyz`"]),
        ("keys = \"release.pub\"".to_owned(), &["line 1: invalid type"]),
        (format!("checks = \"yes\"\n{key}"), &["line 1: invalid type"]),
        ("keys = ".to_owned(), &["`policy.toml`, line 1"]),
        (String::new(), &["`policy.toml` asks for nothing"]),
        ("base-pinned = true".to_owned(), &["names no key that has to sign it"]),
        (format!("signed-by = [\"other\"]\n{key}"), &["names the key `other`, which is not under `[keys]`"]),
        (
            format!("allow = [\"start-format\"]\n{key}"),
            &["`allow` and `deny` have no effect without `checks`"],
        ),
        ("checks = true\nallow = [\"none-such\"]".to_owned(), &["none-such"]),
        ("keys = { a = \"policy.toml\" }".to_owned(), &["it contains no key in PEM"]),
        (
            format!("{key}[certificates]\nrelease = \"release.pub\""),
            &["`release` is under `[keys]` and under `[certificates]`"],
        ),
        (
            "certificates = { a = \"release.pub\" }".to_owned(),
            &["it does not contain exactly one certificate in PEM"],
        ),
        ("certificates = { a = \"empty.pem\" }".to_owned(), &["it is not a certificate: "]),
    ] {
        place.write("policy.toml", &policy);
        place.refuses(2, "verify r.example/fn:v1 --policy policy.toml", words);
    }
    place.refuses(1, "verify r.example/fn:v1 --policy none.toml", &["none.toml"]);
    place.refuses(
        2,
        "verify r.example/fn:v1 --policy policy.toml --key release.pub",
        &["cannot be used with"],
    );
}
