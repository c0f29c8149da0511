//! Replaces the files that an earlier build wrote for CI, and no other files.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use lambda_img::digest::Digest;
use lambda_img::store::regular_file;
use serde_json::Value;

use crate::cli::show::error::CliError;

/// What one of these files holds.
#[derive(Clone, Copy)]
pub enum FileFormat {
    /// A reference with its digest in each line.
    References,
    /// The object of `--json`.
    Metadata,
    /// Variables of ours.
    Variables,
}

impl FileFormat {
    fn is(self, text: &str) -> bool {
        match self {
            FileFormat::References => text.lines().all(is_reference),
            FileFormat::Metadata => {
                let object: Value = serde_json::from_str(text).unwrap_or_default();
                object["version"].is_number()
                    && (object["images"].is_array() || object["functions"].is_array())
            }
            FileFormat::Variables => text.lines().all(|line| line.starts_with("LAMBDA_IMG_")),
        }
    }
}

fn is_reference(line: &str) -> bool {
    let digest = |(_, digest): (_, &str)| digest.parse::<Digest>().is_ok();
    line.rsplit_once('@').is_some_and(digest)
}

/// Refuses to replace a file that no earlier build wrote, or that cannot be read. A file that does not exist, or is
/// empty, or is not a regular file (that is written to, as a pipe), is replaced without a question.
pub fn check(option: &str, path: &Path, format: FileFormat) -> Result<(), CliError> {
    let named = || format!("`{option}` names `{}`", path.display());
    let hint = "name another file, or remove this one";
    match contents(path) {
        Ok(None) => Ok(()),
        Ok(Some(bytes)) => {
            let is_ours = |text: &str| text.trim().is_empty() || format.is(text);
            if std::str::from_utf8(&bytes).is_ok_and(is_ours) {
                return Ok(());
            }
            Err(CliError::usage(&format!("{}, which no earlier build wrote", named()), hint))
        }
        Err(error) => Err(CliError::usage(&format!("{}, which cannot be read: {error}", named()), hint)),
    }
}

/// The contents of a regular file; nothing for other files and missing ones.
fn contents(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Ok(there) if !there.is_file() => return Ok(None),
        there => there?,
    };
    let mut bytes = Vec::new();
    regular_file::open(path)?.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
