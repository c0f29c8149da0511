//! What the tests of `bad_input` share, whichever binary they are in.

use super::super::common::Place;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

pub const BUILD: &str = "build fn -r provided.al2023 -b embedded -o oci:out/image";

/// Refuses the function in `fn`.
pub fn refuses(place: &Place, words: &[&str]) -> String {
    place.refuses(1, BUILD, words)
}

/// Names of as many members.
pub fn names(count: usize) -> impl Iterator<Item = String> {
    (1..count).map(|at| format!("f{at}")).chain(["index.js".to_owned()])
}
