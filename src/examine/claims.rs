//! `Claims`: what others say is in layers whose bytes nothing has read here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::digest::Digest;
use crate::image::{BlobSource, Layer};
use crate::survey::Survey;
use crate::work::lock;

/// What another machine says is in a layer. It is never kept for another build, and what was read here stands above it.
#[derive(Clone)]
pub struct Claim {
    /// The layer, as if it had been read.
    pub survey: Arc<Survey>,
    /// The digest of all that was said.
    pub said: Digest,
}

/// Claims, each of the source that it came with: an equal layer from elsewhere has none.
#[derive(Default)]
pub struct Claims(Mutex<BTreeMap<usize, Claimed>>);

/// The source of a layer, and what is said of it.
type Claimed = (Arc<dyn BlobSource>, Claim);

impl Claims {
    /// Believes what is said of the layer from `source`.
    pub fn believe(&self, source: &Arc<dyn BlobSource>, claim: Claim) {
        lock(&self.0).insert(address(source), (Arc::clone(source), claim));
    }

    /// What is said of a layer.
    pub fn of(&self, layer: &Layer) -> Option<Claim> {
        lock(&self.0).get(&address(&layer.source)).map(|(_, claim)| claim.clone())
    }
}

/// Sources are held, so that no other one gets the address.
fn address(source: &Arc<dyn BlobSource>) -> usize {
    Arc::as_ptr(source).cast::<()>().addr()
}
