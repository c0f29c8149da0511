//! `Inputs`: the trait through which a build reads files of the host, so that a fleet can read shared files once.

use std::path::{Path, PathBuf};

use super::error::FunctionError;
use super::lay_out::LaidOut;
use super::spec::{Add, BuildSpec};
use crate::input::{self, Collected, Exclusions, InputError};
use crate::progress::Phase;
use crate::runtime::Family;
use crate::work::Run;

/// Gets the files that a function is made of.
pub trait Inputs: Sync {
    /// The files at `path`. Without `exclusions`, nothing is left out, and a zip is the one file that it is.
    ///
    /// # Errors
    /// [`InputError`].
    fn collect(
        &self,
        path: &Path,
        exclusions: Option<&Exclusions>,
        run: Run<'_>,
    ) -> Result<Collected, InputError>;

    /// The files that `make` lays out by `recipe`.
    ///
    /// # Errors
    /// Those of `make`.
    fn lay_out(
        &self,
        recipe: Recipe,
        make: &mut dyn FnMut() -> Result<LaidOut, FunctionError>,
    ) -> Result<LaidOut, FunctionError>;
}

/// All that decides how files are laid out that several functions may have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    files: Files,
    family: Family,
    /// The time that rewritten bytecode refers to, in seconds since 1970.
    epoch: u64,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Files {
    Opt { lambda_layers: Vec<PathBuf>, extensions: Vec<PathBuf> },
    Added(Vec<Add>),
}

impl Recipe {
    /// Of `/opt`.
    pub fn opt(spec: &BuildSpec, family: Family) -> Self {
        let (lambda_layers, extensions) = (spec.lambda_layers.clone(), spec.extensions.clone());
        Self { files: Files::Opt { lambda_layers, extensions }, family, epoch: spec.epoch.seconds() }
    }

    /// Of added files.
    pub fn added(spec: &BuildSpec, family: Family) -> Self {
        Self { files: Files::Added(spec.adds.clone()), family, epoch: spec.epoch.seconds() }
    }
}

/// Walks what is at `path`, as [`Inputs::collect`] describes it.
///
/// # Errors
/// [`InputError`].
pub fn walk(path: &Path, exclusions: Option<&Exclusions>, run: Run<'_>) -> Result<Collected, InputError> {
    run.meter.time(Phase::Walk, || {
        let collected = match exclusions {
            Some(exclusions) => input::collect(path, exclusions, run.jobs)?,
            None => input::collect_plain(path, run.jobs)?,
        };
        Ok((collected, 0))
    })
}
