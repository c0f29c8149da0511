//! `lambda-img inspect`: what is in an image.

use lambda_img::arch::Arch;
use lambda_img::base::{BaseRef, Workplace};
use lambda_img::epoch::Epoch;
use lambda_img::inspect::{self, Inspecting};
use lambda_img::store::Staging;

use super::failure::Failure;
use super::reading::Reading;
use super::{Outcome, cmd_runtimes, inspection, ui, values};

#[derive(clap::Args)]
pub struct Inspect {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry reference
    #[arg(value_parser = values::image)]
    pub source: BaseRef,

    /// List the files of each layer instead: kind and mode, owner, size, time, path and link
    #[arg(long)]
    pub files: bool,

    /// Show one layer alone, counted from 0, the lowest
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,

    /// Which image of an index: x86_64 or arm64
    #[arg(short, long, value_name = "ARCH")]
    pub arch: Option<Arch>,

    /// Fetch layers of a registry that are known to be the base's, too
    #[arg(long)]
    pub deep: bool,

    /// Hold the size to a budget: bytes, or with kB, MB, GB, KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_size: Option<u64>,

    /// Print one JSON object (docs/schemas/inspect.json), with --files all files in it
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub reading: Reading,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: Inspect) -> Outcome {
    let (context, effort) = args.reading.begin(args.quiet, [&args.source])?;
    let staging = Staging::nowhere();
    let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
    let inspecting = Inspecting {
        arch: args.arch,
        deep: args.deep,
        layer: args.layer,
        max_size: args.max_size,
        today: Some(cmd_runtimes::today()),
    };
    let image = inspect::inspect(&args.source, &inspecting, &at).map_err(Failure::of_inspection)?;
    if args.json {
        return ui::print_json(&inspection::json(&image, args.layer, args.files));
    }
    ui::print(&match (args.files, args.layer) {
        (true, _) => inspection::files(&image, args.layer),
        (false, Some(layer)) => inspection::layer(&image, layer),
        (false, None) => inspection::summary(&image, ui::bar_width()),
    })
}
