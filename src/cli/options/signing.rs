//! The options that name the key by which evidence is signed.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use lambda_img::sign::{self, PrivateKey, Signer};
#[cfg(feature = "aws")]
use lambda_img::sign::{KmsKey, KmsSigner};
use lambda_img::store::{self, FileError};

#[cfg(feature = "aws")]
use super::environment::variable;
use super::headings::OUTPUT;
use super::registries::Network;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// By which key evidence is signed.
#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Signing {
    /// Sign the evidence with this private key: a PEM file, or awskms:///ARN for a key of AWS KMS
    ///
    /// A file has PKCS #8 without a password. A key is of ECDSA on P-256. KMS also takes awskms:///alias/NAME, in the
    /// Region of $AWS_REGION.
    #[arg(help_heading = OUTPUT, hide_short_help = true, long, value_name = "FILE|KEY")]
    pub sign_key: Option<PathBuf>,
}

impl Signing {
    /// Refuses a key without evidence, and evidence that is nothing without a key.
    pub fn suits(&self, attests: bool, needs_key: bool) -> Result<(), CliError> {
        match self.sign_key {
            None if needs_key => Err(usage::signing::no_key()),
            Some(_) if !attests => Err(usage::signing::nothing_to_sign()),
            _ => Ok(()),
        }
    }

    /// What signs, if a key is named.
    pub fn signer(&self, net: &Network) -> Result<Option<Arc<dyn Signer>>, CliError> {
        let Some(path) = &self.sign_key else { return Ok(None) };
        if let Some(name) = path.to_str().filter(|name| sign::is_kms_key(name)) {
            return Ok(Some(of_kms(name, net)?));
        }
        // A pipe is as good as a file: a shell hands a variable over as one.
        let text = File::open(path).and_then(store::read_opened);
        let text = text.map_err(FileError::of("read", path.as_path())).map_err(CliError::File)?;
        let key = PrivateKey::from_pem(&text);
        let key = key.map_err(|why| usage::signing::refused(path.display(), why))?;
        Ok(Some(Arc::new(key)))
    }
}

/// A key of AWS KMS.
#[cfg(feature = "aws")]
fn of_kms(name: &str, net: &Network) -> Result<Arc<dyn Signer>, CliError> {
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(variable);
    let region = region.as_ref().and_then(|region| region.to_str());
    let key = KmsKey::parse(name, region).map_err(|why| usage::signing::not_a_kms_key(name, &why))?;
    Ok(Arc::new(KmsSigner::new(net.aws()?, key).map_err(CliError::Sign)?))
}

#[cfg(not(feature = "aws"))]
fn of_kms(name: &str, _net: &Network) -> Result<Arc<dyn Signer>, CliError> {
    Err(usage::signing::no_kms(name))
}
