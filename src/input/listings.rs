//! Puts the listings of directories together in the order of their paths. Each is sorted already: sorting all entries
//! again would be a large part of a walk.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::vec::IntoIter;

use crate::tree::{ImagePath, Node};

/// What a directory holds, in order of its names.
pub struct Listing {
    /// The directory; `None` for the root.
    pub at: Option<ImagePath>,
    /// Its entries.
    pub entries: Vec<(ImagePath, Node)>,
}

/// The entries of all `listings`, in order of their paths. What is in a directory comes behind all that sorts before its
/// name and a `/`: so `a`, `a-b`, `a/c`.
pub fn in_order(mut listings: Vec<Listing>) -> Vec<(ImagePath, Node)> {
    listings.sort_unstable_by(|a, b| match (&a.at, &b.at) {
        (Some(a), Some(b)) => inside_order(a.as_str(), b.as_str()),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    let mut all = Vec::with_capacity(listings.iter().map(|listing| listing.entries.len()).sum());
    // Each is of a directory somewhere below the one before it.
    let mut open: Vec<Peekable<IntoIter<(ImagePath, Node)>>> = Vec::new();
    for Listing { at, entries } in listings {
        while let (Some(at), Some(inner)) = (&at, open.last_mut()) {
            while let Some(entry) = inner.next_if(|(path, _)| !is_before(at.as_str(), path.as_str())) {
                all.push(entry);
            }
            if inner.peek().is_some() {
                break;
            }
            open.pop();
        }
        open.push(entries.into_iter().peekable());
    }
    all.extend(open.into_iter().rev().flatten());
    all
}

/// The order of what is in two directories.
fn inside_order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let common = a.len().min(b.len());
    let next = |path: &[u8]| path.get(common).copied().unwrap_or(b'/');
    a[..common].cmp(&b[..common]).then(next(a).cmp(&next(b))).then(a.len().cmp(&b.len()))
}

/// Whether what is in `directory` sorts before `path`.
fn is_before(directory: &str, path: &str) -> bool {
    match path.as_bytes().strip_prefix(directory.as_bytes()) {
        Some(rest) => rest.first().is_some_and(|byte| *byte > b'/'),
        None => directory < path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_in_any_order_become_one_list_in_the_order_of_paths() {
        let path = |text: &str| ImagePath::new(text).unwrap();
        let mut names: Vec<ImagePath> = ["a", "a-b", "a.b", "a0", "b", "b/a/a-a"].map(path).to_vec();
        names.extend(["a", "a-b", "a/a", "a/a-b", "a/a/a", "a0", "b/a"].iter().flat_map(|directory| {
            ["a", "a!", "a-b", "a0", "z"].map(|name| path(&format!("{directory}/{name}")))
        }));
        names.sort();
        names.dedup();
        let mut listings: Vec<Listing> = Vec::new();
        for name in &names {
            let (at, entry) = (name.parent(), (name.clone(), Node::DIR));
            match listings.iter_mut().find(|listing| listing.at == at) {
                Some(listing) => listing.entries.push(entry),
                None => listings.push(Listing { at, entries: vec![entry] }),
            }
        }
        for _ in 0..listings.len() {
            listings.rotate_left(1);
            let turned = listings.iter().rev();
            let turned = turned.map(|one| Listing { at: one.at.clone(), entries: one.entries.clone() });
            let found: Vec<_> = in_order(turned.collect()).into_iter().map(|(path, _)| path).collect();
            assert_eq!(found, names);
        }
    }
}
