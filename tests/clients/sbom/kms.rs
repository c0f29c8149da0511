//! Evidence that a key of AWS KMS signs: moto is KMS, and OpenSSL writes the public half as a file.

use std::process::Command;

use super::{FUNCTION, function};
use crate::harness::common::{Place, must, run};
use crate::harness::emulator::{Emulator, Quirk};
use crate::harness::helpers::{free_port, program, start};
use crate::harness::support::repository;

/// Makes the keys, and writes their ARNs and the public half of the first one.
const MAKE: &str = "import base64, boto3, sys
kms = boto3.client('kms', endpoint_url=sys.argv[1], region_name='eu-west-1')
def key(spec):
    return kms.create_key(KeySpec=spec, KeyUsage='SIGN_VERIFY')['KeyMetadata']['Arn']
arn, rsa = key('ECC_NIST_P256'), key('RSA_2048')
kms.create_alias(AliasName='alias/release', TargetKeyId=arn)
open('kms.der', 'wb').write(kms.get_public_key(KeyId=arn)['PublicKey'])
print(arn, rsa)
";

#[test]
fn a_key_of_kms_signs_and_its_public_half_verifies() {
    let (place, registry) = (function(), Emulator::start(&[Quirk::HasReferrers]));
    let port = free_port();
    let mut moto = program("python3", "bash .ci/install");
    moto.arg(repository("tests/data/verify/moto_kms.py")).args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    let moto = start(moto, port);
    let url = format!("http://{}", moto.host);
    let aws = |command: &mut Command| {
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "s3cr3t-of-aws");
        command.env("AWS_ENDPOINT_URL_KMS", &url).env_remove("AWS_DEFAULT_REGION").env_remove("AWS_PROFILE");
    };
    let mut make = place.program("python3");
    aws(make.args(["-c", MAKE, &url]));
    let made = must(&mut make).stdout;
    let [arn, rsa] = made.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{made}") };
    must(
        place
            .program("openssl")
            .args(["pkey", "-pubin", "-inform", "der", "-in", "kms.der", "-out", "kms.pub"]),
    );
    let tool = |place: &Place, arguments: &str, region: &str| {
        let mut tool = place.tool(arguments);
        aws(&mut tool);
        tool.env("AWS_REGION", region);
        tool
    };
    let image = format!("{}/team/fn:v1", registry.host);
    let build =
        format!("build {FUNCTION} --push -t {image} -q --attest sbom,provenance --sign-key awskms:///{arn}");
    must(&mut tool(&place, &build, ""));
    let verify = format!("verify {image} --key kms.pub --attestation sbom,provenance");
    let ran = place.run(&verify);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // The alias is the same key: the document is signed already.
    let attest = format!("attest {image} --attest sbom,signature --sign-key awskms:///alias/release");
    let ran = must(&mut tool(&place, &attest, "eu-west-1"));
    assert!(ran.stderr.contains("already attached CycloneDX: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nattached signature: ") || ran.stderr.starts_with("attached signature: "));
    // From the settings, it is not the name of a file either.
    place
        .write("lambda-img.toml", format!("[defaults]\nsign-key = \"awskms:///{arn}\"\nattest = \"spdx\"\n"));
    place.write("below/file", "");
    let build = build.replace("fn -r", "../fn -r").replace(" --attest sbom,provenance", "");
    let build = build.split(" --sign-key").next().unwrap().to_owned();
    let mut below = tool(&place, &build, "");
    must(below.current_dir(place.path("below")));
    assert_eq!(place.run(&format!("verify {image} --key kms.pub --attestation spdx")).code, Some(0));
    std::fs::remove_file(place.path("lambda-img.toml")).unwrap();
    // What cannot sign is named, and no secret is.
    let attest = format!("attest {image} --attest signature --sign-key awskms://");
    for (name, region, code, words) in [
        ("/alias/release", "", 2, &["does not say in which Region", "set AWS_REGION"][..]),
        ("localhost/alias/release", "eu-west-1", 2, &["three slashes"]),
        ("/alias/none", "eu-west-1", 1, &["AWS KMS does not sign with `alias/none`", "kms:GetPublicKey"]),
        (&format!("/{rsa}"), "", 1, &["it is not a key of ECDSA on the curve P-256", "ECC_NIST_P256"]),
    ] {
        let ran = run(&mut tool(&place, &format!("{attest}{name}"), region));
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
        assert!(!ran.stderr.contains("s3cr3t-of-aws"), "{}", ran.stderr);
    }
}
