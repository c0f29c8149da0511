//! Why two images have two digests: bases, configuration, layers, files, and the cause where it is known.
//!
//! ```text
//! A, B ─manifest, config→ pairs of layers ─read those that differ→ files ─→ causes
//! ```

mod cause;
mod fields;
mod files;
mod layer_cause;
mod pairs;
mod side;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use cause::Cause;
pub use fields::Field;
pub use files::{Aspect, Change, File, Files};
pub use pairs::{By, Pair};
pub use side::{Identity, Side};

use crate::check::Seen;
use crate::inspect::{InspectError, Layer, layers};
use crate::pack::Effort;
use crate::survey::probes::content::{Content, Timeless};
use crate::survey::{Probe, Survey};

/// How two images differ.
pub struct Difference {
    /// The first image.
    pub a: Identity,
    /// The second image.
    pub b: Identity,
    /// Whether they are one image: by the digests of their manifests, where both have one, else by those of
    /// their configurations.
    pub same: bool,
    /// Fields of the manifests and configurations that differ.
    pub fields: Vec<Field>,
    /// The layers, each with its counterpart.
    pub layers: Vec<LayerDifference>,
    /// Why the digests differ, as far as it is known: what is about the image first.
    pub causes: Vec<Cause>,
}

/// Two layers, or one that has no counterpart.
pub struct LayerDifference {
    /// Which they are.
    pub pair: Pair,
    /// The layer of A.
    pub a: Option<Layer>,
    /// The layer of B.
    pub b: Option<Layer>,
    /// How they differ.
    pub state: State,
}

/// How two layers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not at all.
    Same,
    /// One tar, compressed otherwise.
    Repacked,
    /// They differ, and were not read: they are a base's, or in zstd.
    Unread,
    /// In these files. Of a layer without counterpart all are added or removed.
    Files(Files),
}

/// Compares two images. Layers whose digests or diff_ids are equal are not read; nor are those of a registry
/// that are known to be a base's, unless `deep`.
///
/// # Errors
/// [`InspectError`].
pub fn diff(a: &Side, b: &Side, deep: bool, effort: Effort<'_>) -> Result<Difference, InspectError> {
    let (seen_a, seen_b) = (a.see(&BTreeSet::new(), &[], effort)?, b.see(&BTreeSet::new(), &[], effort)?);
    let (layers_a, layers_b) = (layers(&seen_a), layers(&seen_b));
    let (identity_a, identity_b) = (a.identity(&seen_a, &layers_a), b.identity(&seen_b, &layers_b));
    let same = match (identity_a.digest, identity_b.digest) {
        (Some(a), Some(b)) => a == b,
        _ => identity_a.config_digest == identity_b.config_digest,
    };
    let pairs = pairs::pairs(&layers_a, &layers_b);
    let differ = |pair: &Pair| !matches!(pair.by, By::Digest | By::DiffId);
    let wanted = |side: &Side, layers: &[Layer], of: fn(&Pair) -> Option<usize>| -> BTreeSet<usize> {
        let all = pairs.iter().filter(|pair| !same && differ(pair)).filter_map(of);
        all.filter(|at| deep || !side.is_remote() || !layers[*at].of_base).collect()
    };
    let (read_a, read_b) = (wanted(a, &layers_a, |pair| pair.a), wanted(b, &layers_b, |pair| pair.b));
    let mut contents = (a.see(&read_a, &[&Content], effort)?, b.see(&read_b, &[&Content], effort)?);
    // What times files hold is asked where contents differ: a second look at few layers.
    let (mut again_a, mut again_b, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for Pair { a, b, .. } in pairs.iter().filter(|pair| differ(pair)) {
        let (Some(a), Some(b)) = (a, b) else { continue };
        let (Some(one), Some(other)) = (survey(&contents.0, *a), survey(&contents.1, *b)) else { continue };
        let changes = Files::of(&one, &other).changes;
        let changed = changes.into_iter().filter(|change| change.aspects.contains(&Aspect::Content));
        let changed: Vec<_> = changed.map(|change| change.path).collect();
        if !changed.is_empty() {
            again_a.insert(*a);
            again_b.insert(*b);
        }
        names.extend(changed);
    }
    if !names.is_empty() {
        let probes: [&dyn Probe; 2] = [&Content, &Timeless(&names)];
        replace(&mut contents.0, a.see(&again_a, &probes, effort)?);
        replace(&mut contents.1, b.see(&again_b, &probes, effort)?);
    }
    // Of an archive without a manifest there is nothing to compare.
    let manifests = (seen_a.manifest.as_ref(), seen_b.manifest.as_ref());
    let mut fields = match manifests {
        (Some(a), Some(b)) => fields::manifest(&a.value, &b.value),
        _ => Vec::new(),
    };
    fields.extend(fields::config(&seen_a.config.value, &seen_b.config.value));
    let mut found = Vec::new();
    for pair in pairs {
        let (one, other) = (pair.a.map(|at| &layers_a[at]), pair.b.map(|at| &layers_b[at]));
        if let (Some(at_a), Some(at_b)) = (pair.a, pair.b) {
            let (a, b) = (&seen_a.layers[at_a].descriptor, &seen_b.layers[at_b].descriptor);
            let both = a.is_object() && b.is_object();
            fields.extend(fields::layer(at_b, a, b).into_iter().filter(|_| both));
        }
        let known = |layer: &Layer| layer.digest.is_some();
        let state = match pair.by {
            By::Digest => State::Same,
            By::DiffId if one.is_some_and(known) && other.is_some_and(known) => State::Repacked,
            By::DiffId => State::Same,
            _ => compared(&contents, pair),
        };
        found.push(LayerDifference { pair, a: one.cloned(), b: other.cloned(), state });
    }
    let mut difference =
        Difference { a: identity_a, b: identity_b, same, fields, layers: found, causes: vec![] };
    if same {
        // What one of them has no manifest for is no difference.
        difference.fields.clear();
    } else {
        difference.causes = cause::causes(&difference, &contents.0, &contents.1);
    }
    Ok(difference)
}

fn compared(contents: &(Seen, Seen), pair: Pair) -> State {
    let empty = Survey::empty();
    let side = |seen: &Seen, at: Option<usize>| match at {
        Some(at) => survey(seen, at),
        None => Some(Arc::new(empty.clone())),
    };
    match (side(&contents.0, pair.a), side(&contents.1, pair.b)) {
        (Some(a), Some(b)) => State::Files(Files::of(&a, &b)),
        _ => State::Unread,
    }
}

/// What is in a layer, if it was read and understood.
fn survey(seen: &Seen, at: usize) -> Option<Arc<Survey>> {
    let survey = seen.layers.get(at)?.survey.as_ref().ok()?;
    survey.damage.is_none().then(|| Arc::clone(survey))
}

/// Puts the layers that were read again into their places.
fn replace(seen: &mut Seen, again: Seen) {
    for (layer, newer) in seen.layers.iter_mut().zip(again.layers) {
        if newer.survey.is_ok() {
            layer.survey = newer.survey;
        }
    }
}
