//! Explains why two images have different digests: bases, configuration, layers, files, and the cause if it is known.
//!
//! ```text
//! A, B ─manifest, config→ pairs of layers ─read those that differ→ files ─→ causes
//! ```

mod cause;
mod contents;
mod difference;
mod fields;
mod files;
mod layer_cause;
mod pairs;
mod side;

use std::collections::BTreeSet;

pub use difference::{Cause, Difference, LayerDifference, State};
pub use fields::Field;
pub use files::{Aspect, Change, Files};
pub use pairs::{Pair, PairedBy};
pub use side::{Identity, Side};

use crate::inspect::{InspectError, Layer, layers};
use crate::work::Run;
use contents::Contents;

/// Compares two images. Layers with equal digests or diff_ids are not read. Layers of a registry that are known to
/// belong to a base are read only if `deep`.
///
/// # Errors
/// [`InspectError`].
pub fn diff(a: &Side, b: &Side, deep: bool, run: Run<'_>) -> Result<Difference, InspectError> {
    let (seen_a, seen_b) = (a.documents(run)?, b.documents(run)?);
    let (layers_a, layers_b) = (layers(&seen_a), layers(&seen_b));
    let (identity_a, identity_b) = (a.identity(&seen_a, &layers_a), b.identity(&seen_b, &layers_b));
    let same = match (identity_a.digest, identity_b.digest) {
        (Some(a), Some(b)) => a == b,
        _ => identity_a.config_digest == identity_b.config_digest,
    };
    let pairs = pairs::pairs(&layers_a, &layers_b);
    // What one image has no manifest for is no difference.
    let fields = if same { Vec::new() } else { fields::fields(&seen_a, &seen_b, &pairs) };
    let (mut read_a, mut read_b) = (BTreeSet::new(), BTreeSet::new());
    for pair in pairs.iter().filter(|pair| !same && !pair.is_one_tar()) {
        read_a.extend(pair.a.filter(|at| deep || !a.is_remote() || !layers_a[*at].of_base));
        read_b.extend(pair.b.filter(|at| deep || !b.is_remote() || !layers_b[*at].of_base));
    }
    let contents = Contents::read((a, &read_a), (b, &read_b), &pairs, run)?;
    let layer = |pair: Pair| {
        let (a, b) = (pair.a.map(|at| layers_a[at].clone()), pair.b.map(|at| layers_b[at].clone()));
        let known = |layer: &Option<Layer>| layer.as_ref().is_some_and(|layer| layer.digest.is_some());
        let state = match pair.by {
            PairedBy::Digest => State::Same,
            PairedBy::DiffId if known(&a) && known(&b) => State::Repacked,
            PairedBy::DiffId => State::Same,
            _ => contents.compare(pair).map_or(State::NotRead, State::Files),
        };
        LayerDifference { pair, a, b, state }
    };
    let layers = pairs.iter().copied().map(layer).collect();
    let mut difference =
        Difference { a: identity_a, b: identity_b, same, fields, layers, causes: Vec::new() };
    if !same {
        difference.causes = cause::causes(&difference, &contents);
    }
    Ok(difference)
}
