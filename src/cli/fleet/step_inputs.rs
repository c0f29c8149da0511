//! `StepInputs`: which files the steps of a function read.

use std::path::Path;
#[cfg(feature = "watch")]
use std::path::PathBuf;

use lambda_img::runtime;
use lambda_img::step::{self, Target};
use lambda_img::store::resolve_path;

use crate::cli::options::build::Build;

/// What the steps of a function read, by names: absolute, without links. What is wrong with a step is for the build to
/// say.
#[derive(Default)]
pub struct StepInputs(Vec<step::Reads>);

impl StepInputs {
    /// Of a function.
    pub fn of(build: &Build) -> Self {
        Self(Self::find(build).unwrap_or_default())
    }

    fn find(build: &Build) -> Option<Vec<step::Reads>> {
        let profile = runtime::profile(build.image.runtime.as_deref()?).ok()?;
        let mut all = Vec::new();
        for step in build.steps() {
            for arch in &build.output.arch {
                let expanded = step.expand(&Target { profile: &profile, arch: *arch }).ok()?;
                all.extend(step::reads(&step, &expanded).ok()?);
            }
        }
        all.iter_mut().for_each(|reads| reads.root = resolve_path(&reads.root));
        Some(all)
    }

    /// Whether some step reads the file at this path.
    pub fn has(&self, path: &Path) -> bool {
        self.0.iter().any(|reads| {
            let below = path.strip_prefix(&reads.root).ok().and_then(Path::to_str);
            below.is_some_and(|below| reads.selection.names(below))
        })
    }

    /// The files and directories at or below which all of it is.
    #[cfg(feature = "watch")]
    pub fn starts(&self) -> Vec<PathBuf> {
        let starts = self.0.iter().flat_map(|reads| {
            let path =
                |start: &str| if start.is_empty() { reads.root.clone() } else { reads.root.join(start) };
            reads.selection.starts().map(path)
        });
        starts.collect()
    }
}
