//! The contents of layers: those of bases are read once for all images.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::error::RebaseError;
use crate::digest::Digest;
use crate::examine::surveys::survey_all;
use crate::image::Layer;
use crate::sbom::Linux;
use crate::source::{ImageName, SourceError};
use crate::survey::{Probe, Survey, probes};
use crate::work::{Run, lock};

/// Surveys of the layers of bases, by digest.
#[derive(Default)]
pub struct BaseFiles(Mutex<BTreeMap<Digest, Arc<Survey>>>);

/// All that checks look for, and what only a rebase compares.
fn all_probes() -> Vec<&'static dyn Probe> {
    let own: [&dyn Probe; 6] = [
        &probes::content::Content,
        &probes::symbols::DynamicSymbols,
        &probes::release::Releases,
        &probes::class_version::ClassVersions,
        &probes::rpm::RpmDatabase,
        &Linux,
    ];
    probes::ALL.iter().copied().chain(own).collect()
}

impl BaseFiles {
    /// Reads layers of a base; each once.
    pub(super) fn of_base(
        &self,
        name: &str,
        layers: &[Layer],
        run: Run<'_>,
    ) -> Result<Vec<Arc<Survey>>, RebaseError> {
        let mut surveys = Vec::new();
        for layer in layers {
            let digest = layer.descriptor.digest;
            let known = lock(&self.0).get(&digest).cloned();
            let survey = match known {
                Some(survey) => survey,
                None => {
                    let read = read(name, std::slice::from_ref(layer), run)?;
                    let Some(survey) = read.into_iter().next() else { continue };
                    lock(&self.0).insert(digest, Arc::clone(&survey));
                    survey
                }
            };
            surveys.push(survey);
        }
        Ok(surveys)
    }
}

/// Reads layers to their ends.
pub fn read(name: &str, layers: &[Layer], run: Run<'_>) -> Result<Vec<Arc<Survey>>, RebaseError> {
    let sources: Vec<_> = layers.iter().map(|layer| Some(Ok(Arc::clone(&layer.source)))).collect();
    let mut surveys = Vec::new();
    for (layer, survey) in layers.iter().zip(survey_all(&sources, &all_probes(), run)?) {
        let digest = layer.descriptor.digest;
        let image = ImageName::image(name);
        let survey = survey.transpose().map_err(|source| SourceError::Fetch { image, digest, source })?;
        let Some(survey) = survey else { continue };
        let damaged =
            |why: &str| RebaseError::Damaged { name: name.to_owned(), layer: digest, why: why.to_owned() };
        if let Some(why) = &survey.damage {
            return Err(damaged(why));
        }
        if survey.diff_id != layer.diff_id {
            return Err(damaged("its content is not what the configuration of the image says"));
        }
        surveys.push(Arc::new(survey));
    }
    Ok(surveys)
}
