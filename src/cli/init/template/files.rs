//! Files of a project that are templates, read within bounds.

use std::fs;
use std::path::Path;

use lambda_img::store::read_small;

use super::files_error::NotRead;
use super::node::{Node, Value};
use super::scalar::Dialect;
use super::yaml;

/// The largest template, in bytes: CloudFormation takes none that is half as large.
const SIZE_MAX: u64 = 2 << 20;

/// A template; nothing where the file is not there, or is not a mapping. `warnings` gets a sentence for each key that
/// it has twice.
///
/// # Errors
/// [`NotRead`].
pub fn read(
    root: &Path,
    file: &str,
    dialect: Dialect,
    warnings: &mut Vec<String>,
) -> Result<Option<Node>, NotRead> {
    let refused = |line: Option<usize>, why: String| NotRead { file: file.to_owned(), line, why };
    let path = root.join(file);
    let Ok(metadata) = fs::metadata(&path) else { return Ok(None) };
    if !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > SIZE_MAX {
        let why = format!("it is larger than {} MiB", SIZE_MAX >> 20);
        return Err(refused(None, why));
    }
    let bytes = read_small(&path).map_err(|error| refused(None, error.source.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        refused(Some(line), "it is not UTF-8".to_owned())
    })?;
    let (node, twice) = yaml::load(&text, dialect).map_err(|error| refused(Some(error.line), error.why))?;
    for (line, name) in twice {
        warnings.push(format!("{file}:{line}: `{name}` is there twice, and the last one counts"));
    }
    Ok(Some(node).filter(|node| matches!(node.value, Value::Map(_))))
}
