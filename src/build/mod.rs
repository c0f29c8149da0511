//! Building: from the files of a function to images in files, directories and registries.
//!
//! # The line
//!
//! A build is a line of steps. Each step is a function from values to values. `line` calls the steps in this order, and
//! does nothing else:
//!
//! ```text
//! BuildSpec ── what to build        Destinations ── where it goes        BuildOptions ── how it runs
//!     │
//!     │  resolve            looks up the runtime, the reference of each base, names in registries
//!     │  gather             walks the disk, reads heads of programs, rewrites bytecode;
//!     │                     calls lay_out for /opt and added files                        ──→ Gathered
//!     │  plan               splits the function into layers and decides what starts; pure ──→ Plan
//!     │  limits             (check_plan) refuses what Lambda would refuse on any base
//!     │  bases              loads manifest and configuration of each base                 ──→ Base
//!     │  base_start         where the function brings no program: looks for the base's own
//!     │  limits             (check_bases) refuses what Lambda would refuse on these bases
//!     │  layers             packs new layers, or finds them in the cache                  ──→ NewLayer
//!     │  images             puts the new layers on each base                              ──→ BuiltImage
//!     │  judge ∥ stage      checks the images; makes outputs under temporary names        ──→ Checked, Staged
//!     │  push               sends images to registries; tags come last                    ──→ Pushed, StagedBuild
//!     ↓  commit             renames the outputs: only now they have their names           ──→ Built
//! ```
//!
//! If a step fails, the build ends, and no output has been created or replaced.
//!
//! Some decisions concern several steps: a dry run (`line`) skips `stage` and `push`, and has no names in registries;
//! files that the build writes are not part of the function (`gather`); new layers are written next to the first
//! output, so that `stage` can link them (`line`, `place_of_layers`); `early_push` sends layers before `judge` has
//! seen the image, and `push` alone sets tags.
//!
//! # What happens at the same time
//!
//! * While layers are packed, those layers of the bases that an output lacks are fetched (`layers::make`).
//! * A layer without a secret is sent to registries as soon as it is packed, and a large one while it is packed
//!   (`early_push`): of that, only what has been searched for secrets leaves, and only the digest at its end makes it a
//!   blob of the registry. Tags are set when all checks have passed.
//! * Images are judged while they are staged (`line`).
//! * A new layer is surveyed while it is packed, so that checks need not read it again.
//!
//! # Alone, or in a fleet
//!
//! Steps get inputs, bases, layers, CPU slots and the results of earlier builds through `Resources`. [`build()`]
//! passes the resources of one function (`alone`). [`fleet()`] passes those of a [`FleetCache`], which does shared
//! work once. The line does not know which of them it has.
//!
//! # Where things are
//!
//! | to change … | see |
//! |---|---|
//! | which steps there are: add a new step | `line`, and the picture above |
//! | what can be chosen | `spec` (decides bytes), `options` (does not) |
//! | where files of a function go in the image | `lay_out`, `plan` |
//! | how a program is found and started | `gather/entry`, `plan/bootstrap`, `base_start` |
//! | what names mean, and which values are refused before anything is read | `resolve`, `values` |
//! | what is refused before anything is written | `limits` |
//! | which base an image gets, and whether it is pinned | `bases` |
//! | what is done once for many functions | `fleet` |

mod alone;
mod base_start;
mod bases;
mod built;
mod check;
mod copy;
mod cpu_slots;
mod earlier_builds;
mod early_push;
mod error;
mod evidence;
mod fleet;
mod gather;
mod images;
mod inputs;
mod lay_out;
mod layer_role;
mod layers;
mod limits;
mod line;
mod names;
mod options;
mod plan;
mod push;
mod resolve;
mod resources;
mod shared_layers;
mod single_flight;
mod spec;
mod stage;
mod steps;
mod sync_base;
pub mod values;

pub use self::bases::{Unpinned, UnpinnedBase};
pub use self::built::{Built, BuiltImage, LayerReport, Published, StepReport};
pub use self::copy::{Copied, copy};
pub use self::cpu_slots::CpuSlots;
use self::earlier_builds::EarlierBuilds;
pub use self::error::{
    BuildError, Difference, FunctionError, InvalidValue, LimitError, OtherCopy, SharedDiffers,
};
pub use self::fleet::{FleetCache, Member, fleet};
pub use self::layer_role::LayerRole;
use self::line::Line;
pub use self::options::{BuildOptions, Destinations};
use self::push::Permit;
use self::resolve::{Resolved, resolve};
pub use self::spec::{Add, BuildSpec, Split};
use self::steps::StepRuns;
pub use self::sync_base::{copy_tag, sync_base};
use crate::context::Context;
use crate::work::Run;

/// Refuses what [`build`] would refuse whatever the files of the function are, and what registries deny: for callers that
/// make those files first.
///
/// # Errors
/// [`BuildError`].
pub fn refuse(
    spec: &BuildSpec,
    destinations: &Destinations,
    options: &BuildOptions,
    context: &Context,
) -> Result<(), BuildError> {
    let Resolved { targets, .. } = resolve(spec, destinations, options.dry_run)?;
    Permit::new(&targets, context).ask()
}

/// Builds one image for each architecture and puts them into every destination. Of the network it uses
/// what `context` has, and only where a base or a destination is in a registry.
///
/// # Errors
/// [`BuildError`]; nothing stands under the name of an output then that did not before.
pub fn build(
    spec: &BuildSpec,
    destinations: &Destinations,
    options: &BuildOptions,
    run: Run<'_>,
    context: &Context,
) -> Result<Built, BuildError> {
    let of_steps = || spec.steps.first().map(|step| step.dir().to_owned()).unwrap_or_default();
    let root = if spec.path.as_os_str().is_empty() { of_steps() } else { spec.path.clone() };
    let earlier = EarlierBuilds::of(root, options.started_at, options.no_cache, context);
    let (cpu, steps) = (CpuSlots::unlimited(), StepRuns::new(CpuSlots::unlimited()));
    let resources = alone::resources(&cpu, &earlier, &steps);
    let line = Line { spec, destinations, options, resources, run, context: earlier.in_context(context) };
    let made = line.make();
    // Also where the build failed: what was learned of files is true, and the next build need not learn it again.
    earlier.keep();
    made?.commit(run, context)
}
