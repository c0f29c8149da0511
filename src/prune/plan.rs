//! Plans which images go.

use std::collections::{BTreeMap, BTreeSet};

use super::error::PruneError;
use super::group::groups;
use super::image::Image;
use crate::digest::Digest;

/// What stays although no function uses it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// So many of the groups that were pushed last.
    pub last: usize,
    /// Everything that was pushed or pulled at or after this time, in seconds since 1970.
    pub since: Option<i64>,
}

/// What is known about the use of images.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// The digests that functions use.
    pub used: BTreeSet<Digest>,
    /// The digests that lock files or the caller name.
    pub pinned: BTreeSet<Digest>,
}

/// Why an image stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A function uses it.
    Used,
    /// It is pinned.
    Pinned,
    /// It is young.
    Young,
    /// It is one of the last ones.
    Last,
    /// It belongs to an image that stays.
    Belongs,
}

/// What goes and what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What goes, in the order in which it has to: what is named by an index or a referrer goes after it.
    pub delete: Vec<Vec<Digest>>,
    /// What stays, and why.
    pub keep: BTreeMap<Digest, Reason>,
    /// The bytes of what goes, as their manifests state them. Images share layers, so that this is the most.
    pub bytes: u64,
}

/// Plans. The order of `images` does not matter.
///
/// # Errors
/// [`PruneError::UnreadManifest`].
pub fn plan(images: &[Image], keep: &Keep, rules: &Rules) -> Result<Plan, PruneError> {
    if let Some(unread) = images.iter().find(|image| image.links.is_none()) {
        return Err(PruneError::UnreadManifest { digest: unread.digest });
    }
    let groups = groups(images);
    let last = last(images, &groups, rules.last);
    let reason = |image: &Image| {
        if keep.used.contains(&image.digest) {
            Some(Reason::Used)
        } else if keep.pinned.contains(&image.digest) {
            Some(Reason::Pinned)
        } else if rules.since.is_some_and(|since| image.used >= since || image.pushed >= since) {
            Some(Reason::Young)
        } else {
            None
        }
    };
    let reasons: Vec<_> = images.iter().map(reason).collect();
    // What is used or pinned may be named only by others: it keeps them, whether it is in the list or not.
    let is_named = |image: &Image| {
        image.links.iter().flatten().any(|digest| keep.used.contains(digest) || keep.pinned.contains(digest))
    };
    let mut staying: BTreeSet<usize> = last.clone();
    for ((image, group), reason) in images.iter().zip(&groups).zip(&reasons) {
        if reason.is_some() || is_named(image) {
            staying.insert(*group);
        }
    }
    let mut planned = Plan::default();
    let mut going = Vec::new();
    for ((image, group), reason) in images.iter().zip(&groups).zip(reasons) {
        if staying.contains(group) {
            let of_group = if last.contains(group) { Reason::Last } else { Reason::Belongs };
            planned.keep.insert(image.digest, reason.unwrap_or(of_group));
        } else {
            planned.bytes = planned.bytes.saturating_add(image.size);
            going.push(image);
        }
    }
    planned.delete = in_order(going);
    Ok(planned)
}

/// The groups that were pushed last: of equal times those that stand for more come in any order, but always in the same.
fn last(images: &[Image], groups: &[usize], count: usize) -> BTreeSet<usize> {
    let mut newest: BTreeMap<usize, (i64, Digest)> = BTreeMap::new();
    for (image, group) in images.iter().zip(groups) {
        let this = (image.pushed, image.digest);
        let kept = newest.entry(*group).or_insert(this);
        *kept = this.max(*kept);
    }
    let mut order: Vec<_> = newest.into_iter().map(|(group, newest)| (newest, group)).collect();
    order.sort_unstable();
    order.into_iter().rev().take(count).map(|(_, group)| group).collect()
}

/// Rounds of deletion: each has what none of the rest names. A circle, which no digest can make, would go at last.
fn in_order(mut left: Vec<&Image>) -> Vec<Vec<Digest>> {
    let mut rounds = Vec::new();
    while !left.is_empty() {
        let named: BTreeSet<Digest> =
            left.iter().flat_map(|image| image.links.iter().flatten().copied()).collect();
        let (now, later): (Vec<&Image>, Vec<&Image>) =
            left.iter().copied().partition(|image| !named.contains(&image.digest));
        let (now, later) = if now.is_empty() { (later, Vec::new()) } else { (now, later) };
        let mut round: Vec<_> = now.into_iter().map(|image| image.digest).collect();
        round.sort_unstable();
        rounds.push(round);
        left = later;
    }
    rounds
}
