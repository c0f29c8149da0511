//! The first file in which two layers differ.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::digest::Digest;

/// The first file whose header or bytes differ in two layers, as stored; none where all files are the same.
///
/// # Errors
/// Those of reading the layers.
pub fn first_difference(one: Box<dyn Read>, other: Box<dyn Read>) -> io::Result<Option<String>> {
    let archive = |layer| tar::Archive::new(MultiGzDecoder::new(layer));
    let (mut one, mut other) = (archive(one), archive(other));
    let (mut one, mut other) = (one.entries()?, other.entries()?);
    loop {
        let (left, right) = (one.next().transpose()?, other.next().transpose()?);
        match (left, right) {
            (None, None) => return Ok(None),
            (Some(only), None) | (None, Some(only)) => return Ok(Some(path(&only))),
            (Some(mut left), Some(mut right)) => {
                let (a, b) = (path(&left), path(&right));
                if a != b {
                    return Ok(Some(a.min(b)));
                }
                let same = left.header().as_bytes() == right.header().as_bytes()
                    && left.link_name_bytes() == right.link_name_bytes();
                if !same || Digest::of_reader(&mut left)? != Digest::of_reader(&mut right)? {
                    return Ok(Some(a));
                }
            }
        }
    }
}

fn path<R: Read>(entry: &tar::Entry<'_, R>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).trim_end_matches('/').to_owned()
}
