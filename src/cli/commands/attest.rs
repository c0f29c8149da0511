//! `lambda-img attest`: attaches evidence to an image that is in a registry.

use lambda_img::arch::Arch;
use lambda_img::attest::{self, Evidence, Kind};
use lambda_img::epoch::Epoch;
use lambda_img::reference::Pinned;
use lambda_img::registry::Attached;
use lambda_img::sbom::{self, Inventory};
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::store::Staging;

use crate::cli::options::evidence::ImageEvidence;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::values;
use crate::cli::settings::sources;
use crate::cli::show::error::CliError;
use crate::cli::show::{sbom as shown, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Attest {
    /// Attach evidence to this image: REGISTRY/REPOSITORY[:TAG][@DIGEST]
    #[arg(value_parser = sources::image)]
    pub image: ImageRef,

    /// Attach this evidence; repeatable
    #[arg(long, value_name = "KIND", value_delimiter = ',', default_value = "sbom")]
    pub attest: Vec<ImageEvidence>,

    /// Attach to the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only the references of the evidence, and errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &Attest) -> Result<(), CliError> {
    let ImageRef::Registry(reference) = &args.image else {
        return Err(usage::options::attest_needs_registry(&args.image.to_string()));
    };
    if args.reading.net.offline {
        return Err(usage::options::offline("attest"));
    }
    let (context, run) = args.reading.begin(args.quiet, [&args.image])?;
    let staging = Staging::nowhere();
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let listed = sbom::list(&args.image, args.arch, &at).map_err(CliError::of_inspection)?;
    if !args.quiet {
        status_block!("{}", shown::warnings(&listed));
    }
    // The image that was read, whatever the tag names by now.
    let attached = attach(&reference.pin(listed.image.digest), &listed, &args.attest, &at)?;
    if !args.quiet {
        status_block!("{}", shown::attached(&attached));
    }
    let lines = attached.iter().map(|(_, one)| format!("{}\n", one.pinned));
    stdout::print(&lines.collect::<String>())
}

/// Attaches the documents of a list to the image that it is about.
pub fn attach(
    image: &Pinned,
    listed: &Inventory,
    kinds: &[ImageEvidence],
    at: &SourceEnv<'_>,
) -> Result<Vec<(Kind, Attached)>, CliError> {
    let Some(manifest) = &listed.image.manifest else { return Ok(Vec::new()) };
    let evidence: Vec<_> = kinds.iter().map(|kind| Evidence::sbom(listed, (*kind).into())).collect();
    attest::attach(image, manifest, &evidence, at.context, at.run.interrupted).map_err(CliError::Attest)
}
