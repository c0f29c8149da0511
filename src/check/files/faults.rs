//! Faults of files.

use crate::check::function::FunctionFile;
use crate::check::wording::few;
use crate::check::{Fault, Location};

/// The most faults of one check.
pub const MOST: usize = 10;

/// Where a file is.
pub fn location(file: &FunctionFile<'_>) -> Location {
    Location::Path(file.found.layer, file.path.to_owned())
}

/// One fault for many files: the first is its place, `what` is said of all.
pub fn together(files: &[FunctionFile<'_>], what: impl Fn(&str) -> String, fix: &str) -> Option<Fault> {
    let first = files.first()?;
    let paths: Vec<_> = files.iter().map(|file| format!("/{}", file.path)).collect();
    let subject = match files.len() {
        1 => "it".to_owned(),
        count => format!("{count} files ({})", few(&paths)),
    };
    Some(Fault::new(location(first), what(&subject), fix))
}
