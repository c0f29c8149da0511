//! `lambda-img verify`: holds an image in a registry to a policy.

mod checkout;
mod rebuild;

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::attest::Subject;
use lambda_img::epoch::Epoch;
use lambda_img::reference::Reference;
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::verify::{self, Policy, Verdict};

use crate::cli::options::build::ImageOptions;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::values;
use crate::cli::options::verification::Verification;
use crate::cli::settings::sources;
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout, usage, verdict};

#[derive(clap::Args)]
#[group(skip)]
pub struct Verify {
    /// Verify this image: REGISTRY/REPOSITORY[:TAG][@DIGEST]
    #[arg(value_parser = sources::image)]
    pub image: ImageRef,

    #[command(flatten)]
    pub verification: Verification,

    /// Build this function again from the commit that the provenance names, and require the same digest
    ///
    /// NAME is a function of lambda-img.toml in that commit, PATH is relative to the current directory. Without --policy
    /// and --key, provenance without a signature names the commit.
    #[arg(long, value_name = "NAME|PATH")]
    pub rebuild: Option<String>,

    /// Verify the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Print one JSON object (docs/schemas/verify.json)
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub function: ImageOptions,
}

pub fn run(args: &Verify, given: &ArgMatches) -> Result<(), CliError> {
    let ImageRef::Registry(image) = &args.image else {
        return Err(usage::signing::verify_needs_registry(&args.image.to_string()));
    };
    if args.reading.net.offline {
        return Err(usage::options::offline("verify"));
    }
    let policy = args.verification.policy(args.rebuild.is_some())?;
    let (context, run) = args.reading.begin(args.quiet, [&args.image])?;
    let staging = Staging::nowhere();
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let (subject, mut verdict) = judged(image, args.arch, &policy, &at)?;
    if let Some(function) = &args.rebuild {
        let claim = match policy.has_signers() {
            true => verdict.claim.clone(),
            false => verify::claim(&subject, &at)?,
        };
        verdict.requirements.push(rebuild::requirement(function, given, &subject, claim.as_ref(), &at)?);
    }
    if args.json {
        stdout::print_json(&json::verify::Verify::from(&verdict))?;
    } else if !args.quiet {
        stdout::print(&verdict::text(&verdict))?;
    }
    verified(&verdict)
}

/// The verdict about an image.
#[cfg(feature = "aws")]
pub fn held(
    image: &Reference,
    arch: Option<Arch>,
    policy: &Policy,
    at: &SourceEnv<'_>,
) -> Result<Verdict, CliError> {
    Ok(judged(image, arch, policy, at)?.1)
}

fn judged(
    image: &Reference,
    arch: Option<Arch>,
    policy: &Policy,
    at: &SourceEnv<'_>,
) -> Result<(Subject, Verdict), CliError> {
    let subject = Subject::find(image, arch, at).map_err(|error| CliError::of_image(error.into()))?;
    let verdict = verify::verify(&subject, policy, at)?;
    Ok((subject, verdict))
}

/// Refuses an image that does not have all that its policy asks for.
pub fn verified(verdict: &Verdict) -> Result<(), CliError> {
    match verdict.is_verified() {
        true => Ok(()),
        false => Err(CliError::NotVerified { image: verdict.image.to_string() }),
    }
}
