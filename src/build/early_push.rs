//! Uploads layers while others are still being packed.

use std::fs::File;
use std::sync::Arc;

use crate::check;
use crate::context::Context;
use crate::image::{Descriptor, Image, Layer};
use crate::progress::Meter;
use crate::reference::Reference;
use crate::registry::{self, Blob, EarlyUpload};
use crate::store::OpenFile;
use crate::store::growing::Growing;
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

    /// Sends a layer made here. A layer with a secret waits until all checks have passed. `ahead` is what was sent of
    /// the layer while it was packed.
    pub fn layer(&self, layer: &Layer, survey: &Arc<Survey>, ahead: Option<LayerAhead>) {
        if !self.places.is_empty() && !check::holds_secret(survey) {
            if let Some(ahead) = ahead {
                ahead.finish(&layer.descriptor);
            }
            self.send(layer);
        }
    }

    /// Begins to send a layer that is written to `file`, and has at most `most` bytes; nothing, where there is no registry.
    pub fn growing(&self, file: &Arc<File>, most: u64) -> Option<LayerAhead> {
        if self.places.is_empty() {
            return None;
        }
        let growing = Growing::new(Arc::new(OpenFile::new(Arc::clone(file))));
        let begin = |place: &registry::EarlyPush| place.send_growing(&growing, most, self.meter);
        let uploads = self.places.iter().map(begin).collect();
        Some(LayerAhead { growing, uploads })
    }

    fn send(&self, layer: &Layer) {
        let several = self.places.len() > 1;
        self.places.iter().for_each(|place| place.send(Blob::of(layer, several, self.meter)));
    }
}

/// A layer that is sent while it is packed. Given up with this, unless it is finished: nothing is published then.
pub struct LayerAhead {
    growing: Arc<Growing>,
    uploads: Vec<EarlyUpload>,
}

impl LayerAhead {
    /// What hears how far it is.
    pub fn growing(&self) -> &Arc<Growing> {
        &self.growing
    }

    /// It is whole, and all of it may leave.
    fn finish(mut self, layer: &Descriptor) {
        self.growing.finish(layer.size);
        self.uploads.drain(..).for_each(|upload| upload.finish(layer.digest));
    }
}

impl Drop for LayerAhead {
    fn drop(&mut self) {
        // Readers that wait fail; those of a whole one are done waiting.
        if !self.uploads.is_empty() {
            self.growing.give_up();
        }
    }
}
