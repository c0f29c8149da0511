//! The options that name the key by which evidence is signed.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use lambda_img::sign::{PrivateKey, Signer};
use lambda_img::store::{self, FileError};

use super::headings::OUTPUT;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// By which key evidence is signed.
#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Signing {
    /// Sign the evidence with this private key: PEM, PKCS #8, ECDSA P-256, without a password
    #[arg(help_heading = OUTPUT, hide_short_help = true, long, value_name = "FILE")]
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
    pub fn signer(&self) -> Result<Option<Arc<dyn Signer>>, CliError> {
        let Some(path) = &self.sign_key else { return Ok(None) };
        // A pipe is as good as a file: a shell hands a variable over as one.
        let text = File::open(path).and_then(store::read_opened);
        let text = text.map_err(FileError::of("read", path.as_path())).map_err(CliError::File)?;
        let key = PrivateKey::from_pem(&text);
        let key = key.map_err(|why| usage::signing::refused(path.display(), why))?;
        Ok(Some(Arc::new(key)))
    }
}
