//! The `Resources` of a function that is built alone: nothing is shared.

use std::path::Path;
use std::sync::Arc;

use super::bases::{Bases, Choice};
use super::cpu_slots::CpuSlots;
use super::earlier_builds::EarlierBuilds;
use super::error::{BuildError, FunctionError};
use super::inputs::{self, Inputs, Recipe};
use super::lay_out::LaidOut;
use super::layer_role::LayerRole;
use super::layers::{LayerMaker, Layers, NewLayer};
use super::resources::Resources;
use crate::image::Image;
use crate::input::{Collected, Exclusions, InputError};
use crate::source::SourceEnv;
use crate::store::layer_cache::Lookup;
use crate::store::{FileError, Staging};
use crate::tree::FileTree;
use crate::work::Run;

struct Alone;

/// The resources of one function, while no other function computes.
pub fn resources<'a>(cpu: &'a CpuSlots, earlier: &'a EarlierBuilds) -> Resources<'a> {
    Resources { inputs: &Alone, bases: &Alone, layers: &Alone, cpu, earlier }
}

impl Inputs for Alone {
    fn collect(
        &self,
        path: &Path,
        exclusions: Option<&Exclusions>,
        run: Run<'_>,
    ) -> Result<Collected, InputError> {
        inputs::walk(path, exclusions, run)
    }

    fn lay_out(
        &self,
        _: Recipe,
        make: &mut dyn FnMut() -> Result<LaidOut, FunctionError>,
    ) -> Result<LaidOut, FunctionError> {
        make()
    }
}

impl Bases for Alone {
    fn load(&self, choice: &Choice<'_>, at: &SourceEnv<'_>) -> Result<Arc<Image>, BuildError> {
        Ok(Arc::new(choice.load(at)?))
    }
}

impl Layers for Alone {
    fn staging(&self, beside: Option<&Path>) -> Result<Arc<Staging>, FileError> {
        Ok(Arc::new(beside.map_or_else(|| Ok(Staging::nowhere()), Staging::beside)?))
    }

    /// All layers are looked up before the first is packed. The amount of work is then known, and existing layers are
    /// sent at once.
    fn make(
        &self,
        trees: Vec<(LayerRole, FileTree)>,
        maker: &LayerMaker<'_>,
    ) -> Result<Vec<NewLayer>, BuildError> {
        let run = maker.at.run;
        let find = |(role, tree)| maker.find(role, tree, run);
        let pending = trees.into_iter().map(find).collect::<Result<Vec<_>, _>>()?;
        pending.iter().for_each(|layer| maker.expect(layer));
        if pending.iter().any(|layer| matches!(layer.found, Lookup::Miss(..))) {
            maker.early.begin();
            for layer in &pending {
                if let Lookup::Hit(_, layer) = &layer.found {
                    maker.send_early(layer);
                }
            }
        }
        pending.into_iter().map(|layer| maker.make(layer, run)).collect()
    }
}
