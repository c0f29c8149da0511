//! Pairs the layers of two images.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::inspect::Layer;

/// Two layers that are compared, or one that has no counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The layer of A, counted from 0, the lowest.
    pub a: Option<usize>,
    /// The layer of B.
    pub b: Option<usize>,
    /// What they have in common.
    pub by: PairedBy,
}

/// What pairs two layers, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairedBy {
    /// Their bytes.
    Digest,
    /// Their tars: other bytes only where both are known.
    DiffId,
    /// What made them, by the history.
    CreatedBy,
    /// Their place among those that are left.
    Position,
    /// Nothing: there is one only.
    Alone,
}

impl Pair {
    /// Whether they are one tar.
    pub fn is_one_tar(&self) -> bool {
        matches!(self.by, PairedBy::Digest | PairedBy::DiffId)
    }
}

impl PairedBy {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            PairedBy::Digest => "digest",
            PairedBy::DiffId => "diff_id",
            PairedBy::CreatedBy => "created_by",
            PairedBy::Position => "position",
            PairedBy::Alone => "alone",
        }
    }
}

/// Pairs layers: by what is strongest first, and in order. The pairs stand in the order of B; what only A has,
/// where it was in A.
pub fn pairs(a: &[Layer], b: &[Layer]) -> Vec<Pair> {
    let mut left: BTreeSet<usize> = (0..a.len()).collect();
    let mut found: Vec<Option<(usize, PairedBy)>> = vec![None; b.len()];
    for by in [PairedBy::Digest, PairedBy::DiffId, PairedBy::CreatedBy, PairedBy::Position] {
        let mut waiting: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
        for at in &left {
            if let Some(key) = key(by, &a[*at]) {
                waiting.entry(key).or_default().push_back(*at);
            }
        }
        for (layer, found) in b.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let first = key(by, layer).and_then(|key| waiting.get_mut(&key)?.pop_front());
            if let Some(at) = first {
                left.remove(&at);
                *found = Some((at, by));
            }
        }
    }
    let mut pairs = Vec::new();
    let mut alone = left.into_iter().peekable();
    for (at, found) in found.into_iter().enumerate() {
        let before = found.map_or(at, |(other, _)| other);
        while let Some(a) = alone.next_if(|a| *a < before) {
            pairs.push(Pair { a: Some(a), b: None, by: PairedBy::Alone });
        }
        let (a, by) = found.map_or((None, PairedBy::Alone), |(a, by)| (Some(a), by));
        pairs.push(Pair { a, b: Some(at), by });
    }
    pairs.extend(alone.map(|a| Pair { a: Some(a), b: None, by: PairedBy::Alone }));
    pairs
}

/// What two layers must have in common.
fn key(by: PairedBy, layer: &Layer) -> Option<String> {
    match by {
        PairedBy::Digest => layer.digest.map(|digest| digest.to_string()),
        PairedBy::DiffId => layer.diff_id.map(|digest| digest.to_string()),
        PairedBy::CreatedBy => {
            let made = layer.created_by.as_deref().map(str::trim).filter(|made| !made.is_empty())?;
            Some(format!("{} {made}", layer.of_base))
        }
        PairedBy::Position => Some(layer.of_base.to_string()),
        PairedBy::Alone => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    /// A layer with these bytes, this tar, made by this.
    fn layer(bytes: &str, tar: &str, by: &str) -> Layer {
        let digest = |text: &str| (!text.is_empty()).then(|| Digest::of(text.as_bytes()));
        Layer {
            digest: digest(bytes),
            diff_id: digest(tar),
            media_type: None,
            created_by: Some(by.to_owned()),
            of_base: false,
            files: None,
            bytes: None,
            compressed: None,
        }
    }

    #[test]
    fn the_strongest_comes_first() {
        let a = [layer("1", "1", "x"), layer("2", "2", "y"), layer("3", "3", "z"), layer("4", "4", "")];
        let b = [layer("5", "5", "z"), layer("1", "1", "q"), layer("6", "2", "x"), layer("7", "7", "")];
        let found: Vec<_> = pairs(&a, &b).iter().map(|pair| (pair.a, pair.b, pair.by)).collect();
        let expected =
            [(2, PairedBy::CreatedBy), (0, PairedBy::Digest), (1, PairedBy::DiffId), (3, PairedBy::Position)];
        let expected: Vec<_> =
            expected.into_iter().enumerate().map(|(at, (a, by))| (Some(a), Some(at), by)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn who_has_no_counterpart_stands_where_it_was() {
        let a = [layer("1", "1", "x"), layer("2", "2", "y"), layer("3", "3", "z")];
        let b = [layer("1", "1", "x"), layer("3", "3", "z")];
        let found: Vec<_> = pairs(&a, &b).iter().map(|pair| (pair.a, pair.b)).collect();
        assert_eq!(found, [(Some(0), Some(0)), (Some(1), None), (Some(2), Some(1))]);
        assert_eq!(pairs(&b, &a).len(), 3);
        assert!(pairs(&[], &[]).is_empty());
    }
}
