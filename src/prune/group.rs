//! Images that belong together: connected by indexes and referrers.

use std::collections::BTreeMap;

use super::image::Image;
use crate::digest::Digest;

/// For each image the number of its group. Links to what is not in the repository connect images too: two referrers of
/// one missing subject belong together.
pub(super) fn groups(images: &[Image]) -> Vec<usize> {
    let mut numbers: BTreeMap<Digest, usize> = BTreeMap::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut number = |digest: Digest, parents: &mut Vec<usize>| {
        *numbers.entry(digest).or_insert_with(|| {
            parents.push(parents.len());
            parents.len() - 1
        })
    };
    let mut own = Vec::new();
    for image in images {
        let this = number(image.digest, &mut parents);
        own.push(this);
        for other in image.links.iter().flatten() {
            let other = number(*other, &mut parents);
            let (this, other) = (root(&mut parents, this), root(&mut parents, other));
            parents[this] = other;
        }
    }
    own.into_iter().map(|this| root(&mut parents, this)).collect()
}

/// The image that stands for the group, with the way to it made shorter.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}
