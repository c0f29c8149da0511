//! Keys that do not sign or verify, and signatures that are asked for without one.

use std::fmt::Display;

use lambda_img::sign::KeyError;
#[cfg(feature = "aws")]
use lambda_img::sign::KmsName;
use lambda_img::verify::CertificateError;

use super::file::At;
use super::usage;
use crate::cli::show::error::CliError;

/// The file has no key that can be used.
pub fn refused(path: impl Display, why: KeyError) -> CliError {
    let hint = match why {
        KeyError::Encrypted | KeyError::Sec1 => {
            "write it without a password in PKCS #8, with `openssl pkcs8 -topk8 -nocrypt -in FILE`"
        }
        KeyError::Private => "write its public half, with `openssl pkey -in FILE -pubout`",
        _ => {
            "make a pair with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.key` and \
             `openssl pkey -in sign.key -pubout -out sign.pub`"
        }
    };
    usage(format!("`{path}` cannot be used: {why}"), hint)
}

/// The name of a key of AWS KMS that is not one.
#[cfg(feature = "aws")]
pub fn not_a_kms_key(name: &str, why: &KmsName) -> CliError {
    let hint = match why {
        KmsName::Region => "give the ARN of the key, or set AWS_REGION",
        _ => "write awskms:///arn:aws:kms:REGION:ACCOUNT:key/ID, or awskms:///alias/NAME",
    };
    usage(format!("`{name}` cannot be used: {why}"), hint)
}

/// This program was built without AWS.
#[cfg(not(feature = "aws"))]
pub fn no_kms(name: &str) -> CliError {
    usage(
        format!("`{name}` is a key of AWS KMS, and this program was built without the feature `aws`"),
        "use a program with the feature, or a key in a file",
    )
}

/// A key signs evidence, and only that.
pub fn nothing_to_sign() -> CliError {
    usage(
        "`--sign-key` has no effect without `--attest`",
        "add `--attest signature`, or `--attest sbom,provenance`",
    )
}

/// `--attest signature` is nothing without a key.
pub fn no_key() -> CliError {
    usage("`--attest signature` needs a key", "add `--sign-key FILE`, or `--sign-key awskms:///ARN`")
}

/// The policy has a key that there is not, or a value of another type.
pub fn policy(at: &At<'_>, why: &str) -> CliError {
    usage(format!("{at}: {}", why.trim()), "docs/reference/verify.md lists the keys of a policy")
}

/// `signed-by` of a policy names a key that the policy does not have.
pub fn unknown_key(policy: &str, key: &str) -> CliError {
    usage(
        format!(
            "`{policy}`: `signed-by` names the key `{key}`, which is not under `[keys]` or `[certificates]`"
        ),
        format!("add it there, as in `{key} = \"{key}.pub\"`"),
    )
}

/// A name of a policy that stands for two.
pub fn two_signers(policy: &str, name: &str) -> CliError {
    usage(
        format!("`{policy}`: `{name}` is under `[keys]` and under `[certificates]`"),
        "give one of them another name",
    )
}

/// The file has no certificate.
pub fn not_a_certificate(path: impl Display, why: &CertificateError) -> CliError {
    usage(
        format!("`{path}` cannot be used: {why}"),
        "give the certificate of the authority in PEM, which begins with `BEGIN CERTIFICATE`",
    )
}

/// A policy says which findings it accepts, and does not check the image.
pub fn no_checks(policy: &str) -> CliError {
    usage(format!("`{policy}`: `allow` and `deny` have no effect without `checks`"), "add `checks = true`")
}

/// A policy that every image would satisfy.
pub fn nothing_asked(policy: &str) -> CliError {
    usage(format!("`{policy}` asks for nothing"), "add `[keys]`, `[certificates]`, or `checks = true`")
}

/// A policy asks for evidence, and has no key that could have signed it.
pub fn no_keys(policy: &str) -> CliError {
    usage(
        format!("`{policy}` asks for evidence, but names no key that has to sign it, and no certificate"),
        "add a public key, as in `keys = { release = \"release.pub\" }`",
    )
}

/// Evidence is in registries.
pub fn verify_needs_registry(image: &str) -> CliError {
    usage(
        format!("`{image}` is not in a registry, and only a registry has evidence about an image"),
        "give REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST",
    )
}

/// Nothing says what the image has to show.
pub fn nothing_to_verify() -> CliError {
    usage("`verify` needs a policy or a key", "add `--policy FILE` or `--key FILE`")
}

/// An existing image cannot be built again.
pub fn rebuilds_functions(word: &str) -> CliError {
    usage(
        format!("`{word}` is an image, and `--rebuild` builds a function"),
        "give the name of a function of lambda-img.toml, or its path",
    )
}
