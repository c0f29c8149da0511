//! Uploads layers while others are still being packed.

use std::sync::Arc;

use crate::check;
use crate::context::Context;
use crate::image::{Image, Layer};
use crate::progress::Meter;
use crate::reference::Reference;
use crate::registry::{self, Blob};
use crate::survey::Survey;

/// Sends what is sure to be part of the images to one repository of each registry that they will be pushed
/// to: the others mount it from there.
pub struct EarlyPush<'a> {
    places: Vec<registry::EarlyPush>,
    bases: Vec<&'a Image>,
    meter: &'a Meter,
}

impl<'a> EarlyPush<'a> {
    /// To the registries of `targets`, if there are any.
    pub fn new(
        targets: &[Vec<Reference>],
        bases: impl IntoIterator<Item = &'a Image>,
        context: &Context,
        meter: &'a Meter,
    ) -> Self {
        let mut first: Vec<&Reference> = Vec::new();
        for target in targets.iter().flatten() {
            if !first.iter().any(|other| other.registry() == target.registry()) {
                first.push(target);
            }
        }
        let places = first.into_iter().map(|target| context.registries.early_push(target)).collect();
        Self { places, bases: bases.into_iter().collect(), meter }
    }

    /// Sends the layers of the bases: once it is sure that some layer has to be packed. Of an image that is
    /// there already, nothing is asked but its tag.
    pub fn begin(&self) {
        let bases = self.bases.iter().flat_map(|base| &base.layers);
        bases.for_each(|layer| self.send(layer));
    }

    /// Sends a layer made here. A layer with a secret waits until all checks have passed.
    pub fn layer(&self, layer: &Layer, survey: &Arc<Survey>) {
        if !self.places.is_empty() && !check::holds_secret(survey) {
            self.send(layer);
        }
    }

    fn send(&self, layer: &Layer) {
        let several = self.places.len() > 1;
        self.places.iter().for_each(|place| place.send(Blob::of(layer, several, self.meter)));
    }
}
