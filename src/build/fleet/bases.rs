//! Loads a base that several functions have in common once.

use std::sync::Arc;

use super::single_flight::SingleFlight;
use crate::build::bases::{Bases, Choice, Key};
use crate::build::error::BuildError;
use crate::image::Image;
use crate::source::SourceEnv;

/// Bases by what decides them. An error is kept, too: a registry that one function could not reach is not tried again
/// by each of them.
#[derive(Default)]
pub struct SharedBases(SingleFlight<Key, Result<Arc<Image>, Arc<BuildError>>>);

impl Bases for SharedBases {
    fn load(&self, choice: &Choice<'_>, at: &SourceEnv<'_>) -> Result<Arc<Image>, BuildError> {
        let load = || choice.load(at).map(Arc::new).map_err(|error| Arc::new(error.into()));
        let loaded = self.0.get(choice.key(at.epoch), || Ok::<_, BuildError>(load()));
        loaded?.map_err(BuildError::Shared)
    }
}
