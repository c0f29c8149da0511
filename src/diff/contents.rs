//! What is in the layers that differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::files::{Aspect, Files};
use super::{Pair, Side};
use crate::check::ImageView;
use crate::inspect::InspectError;
use crate::survey::probes::content::{Content, Timeless};
use crate::survey::{Probe, Survey};
use crate::work::Run;

/// Two images, read as far as they differ.
pub struct Contents {
    /// The first.
    pub a: ImageView,
    /// The second.
    pub b: ImageView,
}

impl Contents {
    /// Reads these layers of each. What times files hold is asked where contents differ: a second look, at few
    /// layers.
    pub fn read(
        (a, layers_a): (&Side, &BTreeSet<usize>),
        (b, layers_b): (&Side, &BTreeSet<usize>),
        pairs: &[Pair],
        run: Run<'_>,
    ) -> Result<Self, InspectError> {
        let mut contents = Self {
            a: a.read_layers(layers_a, &[&Content], run)?,
            b: b.read_layers(layers_b, &[&Content], run)?,
        };
        let (mut again_a, mut again_b, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for pair in pairs {
            let (Some(in_a), Some(in_b)) = (pair.a, pair.b) else { continue };
            let changes = contents.compare(*pair).unwrap_or_default().changes;
            let changed = changes.into_iter().filter(|change| change.aspects.contains(&Aspect::Content));
            for change in changed {
                names.insert(change.path);
                again_a.insert(in_a);
                again_b.insert(in_b);
            }
        }
        if !names.is_empty() {
            let probes: [&dyn Probe; 2] = [&Content, &Timeless(&names)];
            replace(&mut contents.a, a.read_layers(&again_a, &probes, run)?);
            replace(&mut contents.b, b.read_layers(&again_b, &probes, run)?);
        }
        Ok(contents)
    }

    /// How the files of two layers differ, if both were read; where there is one only, all are its own.
    pub fn compare(&self, pair: Pair) -> Option<Files> {
        let side = |view: &ImageView, at: Option<usize>| match at {
            Some(at) => survey(view, at),
            None => Some(Arc::new(Survey::empty())),
        };
        Some(Files::of(&*side(&self.a, pair.a)?, &*side(&self.b, pair.b)?))
    }
}

/// What is in a layer, if it was read and understood.
pub fn survey(view: &ImageView, at: usize) -> Option<Arc<Survey>> {
    let survey = view.layers.get(at)?.survey.as_ref().ok()?;
    survey.damage.is_none().then(|| Arc::clone(survey))
}

/// Puts the layers that were read again into their places.
fn replace(view: &mut ImageView, again: ImageView) {
    for (layer, newer) in view.layers.iter_mut().zip(again.layers) {
        if newer.survey.is_ok() {
            layer.survey = newer.survey;
        }
    }
}
