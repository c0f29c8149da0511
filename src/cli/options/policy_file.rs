//! The file that says what an image has to show (docs/reference/verify.md).

use std::collections::BTreeMap;
use std::path::Path;

use lambda_img::check::{self, Expectations};
use lambda_img::examine::CheckOptions;
use lambda_img::sign::PublicKey;
use lambda_img::store;
use lambda_img::verify::{Certificates, Policy, RootCertificate};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::cli::show::error::CliError;
use crate::cli::show::usage::file::At;
use crate::cli::show::{clock, usage};

/// What an image has to show before it is deployed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    /// The public keys whose signatures count, by name: PEM files, relative to this file.
    #[serde(default)]
    keys: BTreeMap<String, String>,
    /// The certificates of authorities whose signatures of Notation count, by name: PEM files, relative to this file.
    #[serde(default)]
    certificates: BTreeMap<String, String>,
    /// The names of keys and certificates that must each have signed the image. By default, one of all has to.
    #[serde(default)]
    signed_by: Vec<String>,
    /// Evidence that must be signed: sbom, spdx, provenance, signature, notation, or the type of a predicate.
    #[serde(default)]
    attestations: Vec<String>,
    /// Builders that signed provenance may name; `*` stands for any characters.
    #[serde(default)]
    builders: Vec<String>,
    /// Repositories of the source that signed provenance may name; `*` stands for any characters.
    #[serde(default)]
    sources: Vec<String>,
    /// Whether signed provenance must name the base of the image by its digest.
    #[serde(default)]
    base_pinned: bool,
    /// Whether the image is checked, as `lambda-img check` does it; a denied finding refuses it.
    #[serde(default)]
    checks: bool,
    /// Checks whose findings are accepted.
    #[serde(default)]
    allow: Vec<String>,
    /// Checks whose findings refuse the image, even if they only warn.
    #[serde(default)]
    deny: Vec<String>,
}

/// Reads a policy, and the keys that it names.
pub fn read(path: &Path) -> Result<Policy, CliError> {
    let name = path.display().to_string();
    let bytes = store::read_small(path).map_err(CliError::File)?;
    let text = String::from_utf8(bytes).map_err(|_| usage::file::not_text(&name))?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
        usage::signing::policy(&At { file: &name, line }, error.message())
    })?;
    file.policy(&name, store::parent(path))
}

impl File {
    fn policy(self, name: &str, dir: &Path) -> Result<Policy, CliError> {
        if let Some(both) = self.keys.keys().find(|key| self.certificates.contains_key(*key)) {
            return Err(usage::signing::two_signers(name, both));
        }
        let key = |(name, path): (String, String)| Ok((name, public_key(&dir.join(path))?));
        let keys = self.keys.into_iter().map(key).collect::<Result<BTreeMap<_, _>, CliError>>()?;
        let root = |(name, path): (String, String)| Ok((name, certificate(&dir.join(path))?));
        let roots = self.certificates.into_iter().map(root).collect::<Result<BTreeMap<_, _>, CliError>>()?;
        let is_known = |key: &String| keys.contains_key(key) || roots.contains_key(key);
        if let Some(unknown) = self.signed_by.iter().find(|key| !is_known(key)) {
            return Err(usage::signing::unknown_key(name, unknown));
        }
        let is_adjusted = !self.allow.is_empty() || !self.deny.is_empty();
        if is_adjusted && !self.checks {
            return Err(usage::signing::no_checks(name));
        }
        let checks = match self.checks {
            true => Some(CheckOptions {
                expectations: Expectations { today: Some(clock::today()), ..Expectations::default() },
                policy: check::Policy::new(self.allow, self.deny).map_err(CliError::Check)?,
                ..CheckOptions::default()
            }),
            false => None,
        };
        let attestations = self.attestations.iter().map(|kind| Policy::predicate_type(kind).to_owned());
        let policy = Policy {
            keys,
            certificates: Certificates { roots, now: clock::now() },
            signed_by: self.signed_by,
            attestations: attestations.collect(),
            builders: self.builders,
            sources: self.sources,
            base_pinned: self.base_pinned,
            checks,
        };
        if policy.is_empty() {
            return Err(usage::signing::nothing_asked(name));
        }
        if !policy.has_signers() && policy.needs_keys() {
            return Err(usage::signing::no_keys(name));
        }
        Ok(policy)
    }
}

/// A public key in a file.
pub fn public_key(path: &Path) -> Result<PublicKey, CliError> {
    let text = store::read_small(path).map_err(CliError::File)?;
    PublicKey::from_pem(&text).map_err(|why| usage::signing::refused(path.display(), why))
}

/// The certificate of an authority in a file.
fn certificate(path: &Path) -> Result<RootCertificate, CliError> {
    let text = store::read_small(path).map_err(CliError::File)?;
    RootCertificate::from_pem(&text).map_err(|why| usage::signing::not_a_certificate(path.display(), &why))
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use schemars::generate::SchemaSettings;

    use super::File;

    #[test]
    fn the_schema_in_the_repository_is_that_of_the_file() {
        let settings = SchemaSettings::draft07();
        let mut schema = settings.into_generator().into_root_schema_for::<File>();
        schema.insert("title".to_owned(), "policy of lambda-img verify".into());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/policy.schema.json");
        let text = format!("{:#}\n", schema.as_value());
        if env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap_or_default(), text);
    }
}
