//! Files that are written anew: those of an earlier build are replaced, and nothing else.

use std::io::Read;
use std::path::Path;

use lambda_img::digest::Digest;
use lambda_img::store::regular;
use serde_json::Value;

use super::Outcome;
use super::failure::Failure;

/// What one of these files holds.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A reference with its digest in each line.
    References,
    /// The object of `--json`.
    Metadata,
    /// Variables of ours.
    Variables,
}

impl Kind {
    fn is(self, text: &str) -> bool {
        match self {
            Kind::References => text.lines().all(is_reference),
            Kind::Metadata => {
                let object: Value = serde_json::from_str(text).unwrap_or_default();
                object["version"].is_number()
                    && (object["images"].is_array() || object["functions"].is_array())
            }
            Kind::Variables => text.lines().all(|line| line.starts_with("LAMBDA_IMG_")),
        }
    }
}

fn is_reference(line: &str) -> bool {
    let digest = |(_, digest): (_, &str)| digest.parse::<Digest>().is_ok();
    line.rsplit_once('@').is_some_and(digest)
}

/// Refuses to replace a file that no earlier build wrote. What is not there, or empty, or no regular file (that is
/// written to, as a pipe), is replaced without a question.
pub fn check(option: &str, path: &Path, kind: Kind) -> Outcome {
    let Ok(mut file) = regular::open(path) else { return Ok(()) };
    let mut bytes = Vec::new();
    let read = file.read_to_end(&mut bytes).is_ok();
    let text = std::str::from_utf8(&bytes);
    if bytes.is_empty() || read && text.is_ok_and(|text| text.trim().is_empty() || kind.is(text)) {
        return Ok(());
    }
    let error = format!("`{option}` names `{}`, which no earlier build wrote", path.display());
    Err(Failure::usage(&error, "name another file, or remove this one"))
}
