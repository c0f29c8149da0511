//! The options that say what an image has to show.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lambda_img::verify::Policy;

use super::policy_file;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// What an image has to show.
#[derive(clap::Args)]
#[group(skip)]
pub struct Verification {
    /// Hold the image to this policy, a TOML file
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Require that one of these public keys signed the image; repeatable
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    pub key: Vec<PathBuf>,

    /// Require signed evidence of this kind: sbom, spdx, provenance, or the type of a predicate; repeatable
    #[arg(long, value_name = "KIND", value_delimiter = ',', conflicts_with = "policy")]
    pub attestation: Vec<String>,
}

impl Verification {
    /// What it comes to; nothing at all only where the image `has_more` to show.
    pub fn policy(&self, has_more: bool) -> Result<Policy, CliError> {
        if let Some(path) = &self.policy {
            return policy_file::read(path);
        }
        if self.key.is_empty() {
            return match has_more && self.attestation.is_empty() {
                true => Ok(Policy::default()),
                false => Err(usage::signing::nothing_to_verify()),
            };
        }
        let named = |path: &PathBuf| Ok((path.display().to_string(), policy_file::public_key(path)?));
        let keys = self.key.iter().map(named).collect::<Result<BTreeMap<_, _>, CliError>>()?;
        let attestations = self.attestation.iter().map(|kind| Policy::predicate_type(kind).to_owned());
        Ok(Policy { keys, attestations: attestations.collect(), ..Policy::default() })
    }
}
