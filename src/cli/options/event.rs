//! The event of an invocation.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use super::samples;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// The most bytes of an event: 6 MB (AWS Lambda Developer Guide, "Lambda quotas").
const EVENT_MAX: u64 = 6 << 20;

/// Reads an event: a sample by its name, JSON in a file, on standard input (`-`), or given itself.
pub fn read(given: Option<&str>) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let given = given.unwrap_or("{}");
    if let Some(sample) = samples::find(given) {
        return Ok(sample.event.into());
    }
    let origin = match given {
        "-" => {
            io::stdin().lock().take(EVENT_MAX + 1).read_to_end(&mut bytes).map_err(CliError::Stdin)?;
            "standard input".to_owned()
        }
        text if text.starts_with(['{', '[', '"'])
            || serde_json::from_str::<serde_json::Value>(text).is_ok() =>
        {
            bytes.extend(text.bytes());
            "--event".to_owned()
        }
        path => {
            let path = PathBuf::from(path);
            if !path.exists() && path.extension().is_none() {
                return Err(usage::invoke::no_event(given, samples::nearest(given)));
            }
            let failed = |error| {
                CliError::File(lambda_img::store::FileError {
                    verb: "read",
                    path: path.clone(),
                    source: error,
                })
            };
            fs::File::open(&path)
                .and_then(|file| file.take(EVENT_MAX + 1).read_to_end(&mut bytes))
                .map_err(failed)?;
            format!("`{}`", path.display())
        }
    };
    if bytes.len() as u64 > EVENT_MAX {
        return Err(usage::invoke::event_too_large(&origin, EVENT_MAX));
    }
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(&bytes) {
        return Err(usage::invoke::event_not_json(&origin, &error));
    }
    Ok(bytes)
}
