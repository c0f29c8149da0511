//! The files of the function.

pub mod architecture;
pub mod bytecode;
pub mod host_paths;
pub mod lambda_layers;
pub mod libraries;
pub mod links;
pub mod native;
pub mod readable;
pub mod versions;
pub mod weight;
pub mod writable;

use super::function::{File, few};
use super::{Fault, Place};

/// The most faults of one check.
const MOST: usize = 10;

fn place(file: &File<'_>) -> Place {
    Place::Path(file.found.layer, file.path.to_owned())
}

/// One fault for many files: the first is its place, `what` is said of all.
fn together(files: &[File<'_>], what: impl Fn(&str) -> String, fix: &str) -> Option<Fault> {
    let first = files.first()?;
    let paths: Vec<_> = files.iter().map(|file| format!("/{}", file.path)).collect();
    let subject = match files.len() {
        1 => "it".to_owned(),
        count => format!("{count} files ({})", few(&paths)),
    };
    Some(Fault::new(place(first), what(&subject), fix))
}
