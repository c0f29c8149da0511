//! `lambda-img push`: pushes an existing image to registries.

use std::env;

use clap::ArgAction;
use lambda_img::arch::Arch;
use lambda_img::build;
use lambda_img::epoch::Epoch;
use lambda_img::progress::Meter;
use lambda_img::reference::Reference;
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::work::Run;

use super::attest;
use crate::cli::options::checks::Checks;
use crate::cli::options::evidence::ImageEvidence;
use crate::cli::options::jobs::Jobs;
use crate::cli::options::registries::Network;
use crate::cli::options::signing::Signing;
use crate::cli::options::{interrupt, references, values};
use crate::cli::settings::sources;
use crate::cli::show::error::CliError;
use crate::cli::show::json::push::{self, Copied};
use crate::cli::show::usage;
use crate::cli::show::{findings, progress, pushed, sbom as shown, stdout};

#[derive(clap::Args)]
#[group(skip)]
pub struct Push {
    /// Push this image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or
    /// REGISTRY/REPOSITORY[:TAG]
    #[arg(value_parser = sources::image)]
    pub source: ImageRef,

    /// Push to these repositories; without a tag, the image has only its digest there
    #[arg(required = true, value_name = "REGISTRY/REPOSITORY[:TAG]", value_parser = references::target)]
    pub targets: Vec<Reference>,

    /// Push the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Create missing repositories in Amazon ECR, with immutable tags and scan on push
    #[arg(long)]
    pub create_repository: bool,

    /// Attach evidence to the pushed image: sbom, spdx, signature; repeatable
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub attest: Vec<ImageEvidence>,

    #[command(flatten)]
    pub signing: Signing,

    /// Copy the evidence about the image too: everything that refers to it in its registry
    #[arg(long)]
    pub with_referrers: bool,

    #[command(flatten)]
    pub checks: Checks,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/push.json) instead of references
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub jobs: Jobs,

    /// Print only errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Print what happened to each layer
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

pub fn run(mut args: Push) -> Result<(), CliError> {
    let interrupted = interrupt::watch()?;
    if args.net.offline {
        return Err(usage::options::offline("push"));
    }
    if args.with_referrers && !matches!(args.source, ImageRef::Registry(_)) {
        return Err(usage::options::referrers_need_registry(&args.source.to_string()));
    }
    let signer = attest::signer(&args.signing, &args.attest, &args.net)?;
    let jobs = args.jobs.count();
    let context = args.net.context_to(jobs, args.quiet, &args.targets, args.create_repository)?;
    // Only the bare layers of a Docker archive are ever written there.
    let staging = Staging::inside(&env::temp_dir()).map_err(CliError::File)?;
    let meter = Meter::default();
    let run = Run { meter: &meter, ..Run::new(jobs, interrupted) };
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let checking = std::mem::take(&mut args.checks).checking(None, args.arch)?;
    let source = args.source.to_string();
    let copying = progress::during([(source.as_str(), &meter)], args.quiet, |lines| {
        lines.begun(0);
        build::copy(&args.source, args.arch, &args.targets, &checking, &at).map_err(Box::new)
    });
    let copied = match copying {
        Ok(copied) => copied,
        Err(error) => {
            pushed::stopped(&error, args.json, push::Push::Stopped)?;
            return Err(CliError::Push(error));
        }
    };
    let mut evidence = Vec::new();
    for one in copied.pushed.iter().filter(|_| args.with_referrers) {
        let ImageRef::Registry(from) = &args.source else { continue };
        let from = from.pin(copied.image.digest);
        evidence.extend(
            lambda_img::attest::copy(&from, &one.pinned, &context, interrupted).map_err(CliError::Attest)?,
        );
    }
    let mut attached = Vec::new();
    for one in copied.pushed.iter().filter(|_| !args.attest.is_empty()) {
        let evidence =
            attest::Evidence { image: &one.pinned.reference(), arch: args.arch, kinds: &args.attest };
        attached.extend(evidence.attach(signer.as_ref(), args.quiet, &at)?);
    }
    if !args.quiet {
        status_block!("{}", findings::brief(&copied.checked));
        status!("pushed `{}`, {}", args.source, copied.image.digest);
        copied.pushed.iter().for_each(|one| status_block!("{}", pushed::report(one, args.verbose > 0)));
    }
    if !args.quiet {
        status_block!("{}", shown::copied(&evidence));
        status_block!("{}", shown::attached(&attached));
    }
    if args.json {
        return stdout::print_json(&push::Push::Copied(Copied::of(source, &copied)));
    }
    stdout::print(&pushed::lines(&copied.pushed))
}
