//! `verify --rebuild`: builds the commit that the provenance names, and compares digests.

use std::env;

use clap::ArgMatches;
use lambda_img::attest::Subject;
use lambda_img::build::BuildSpec;
use lambda_img::diff::{self, Side};
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::verify::{Claim, Requirement};

use super::checkout::Checkout;
use crate::cli::settings::Settings;
use crate::cli::settings::function_image::{self, Fallback, Unpublished};
use crate::cli::settings::precedence::Origin;
use crate::cli::settings::sources::{self, Source};
use crate::cli::show;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// Builds the function of the commit of the claim, and holds the image to what that gives.
pub fn requirement(
    function: &str,
    given: &ArgMatches,
    subject: &Subject,
    claim: Option<&Claim>,
    at: &SourceEnv<'_>,
) -> Result<Requirement, CliError> {
    let outcome = match claim.map(|claim| (claim, claim.commit.as_deref())) {
        None => Err("no provenance that counts names the commit".to_owned()),
        Some((_, None)) => Err("the provenance names no commit".to_owned()),
        Some((claim, Some(commit))) => {
            let checkout = Checkout::of(commit)?;
            let here = env::current_dir().map_err(CliError::Here)?;
            // Settings, the lock file and the paths in both are those of the commit.
            env::set_current_dir(&checkout.dir).map_err(CliError::Here)?;
            let built = digest(function, given, subject, claim, at);
            env::set_current_dir(here).map_err(CliError::Here)?;
            let place = if checkout.is_working_tree { "the working tree at commit" } else { "commit" };
            match built? {
                None => Ok(format!("{place} {commit} gives the same digest")),
                Some(other) => Err(format!("{place} {commit} gives {other}{}", other_version(claim))),
            }
        }
    };
    Ok(Requirement { kind: "rebuild", wanted: function.to_owned(), outcome })
}

/// The digest of what the current directory gives and the first difference, if it is not the image.
fn digest(
    word: &str,
    given: &ArgMatches,
    subject: &Subject,
    claim: &Claim,
    at: &SourceEnv<'_>,
) -> Result<Option<String>, CliError> {
    let settings = Settings::find()?;
    let Source::Function(mut function) = sources::source(word, given, &settings)? else {
        return Err(usage::signing::rebuilds_functions(word));
    };
    let image = ImageRef::Registry(subject.image.reference());
    let side = Side::image(&image, None, at).map_err(CliError::of_inspection)?;
    if let Some(arch) = side.arch() {
        function.values.set_word(&settings.keys, "arch", arch.to_string().into(), Origin::CommandLine);
    }
    let fallback = Fallback { runtime: side.runtime(), arch: side.arch(), family: side.family() };
    let one = Unpublished::of(&function, &fallback, &settings)?;
    let name = one.name.clone();
    let (spec, destinations, options) = one.made(&function, at.context)?;
    let spec = BuildSpec { epoch: claim.epoch.unwrap_or(spec.epoch), ..spec };
    let built = function_image::build_made((spec, destinations, options), &function, at.run, at.context)?;
    let one = built.images.first().ok_or_else(usage::commands::nothing_built)?;
    if one.image.digest == subject.image.digest() {
        return Ok(None);
    }
    let again = Side::unpublished(name, &one.base, &one.image);
    let difference = diff::diff(&side, &again, false, at.run).map_err(CliError::of_inspection)?;
    Ok(Some(format!("{}: {}", one.image.digest, show::diff::first(&difference))))
}

/// Another version of this tool may pack other bytes.
fn other_version(claim: &Claim) -> String {
    match claim.version.as_deref() {
        Some(version) if version != env!("CARGO_PKG_VERSION") => {
            format!("; lambda-img {version} built it, and this is {}", env!("CARGO_PKG_VERSION"))
        }
        _ => String::new(),
    }
}
