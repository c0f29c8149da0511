//! The arguments of `lambda-img deploy`.

use std::path::PathBuf;

use lambda_img::reference::Reference;

use crate::cli::options::checks::Checks;
use crate::cli::options::deployment::{self, DeployTarget, Trial};
use crate::cli::options::headings::{DEPLOYMENT, FLEET};
use crate::cli::options::jobs::Jobs;
use crate::cli::options::references;
use crate::cli::options::registries::Network;

#[derive(clap::Args)]
#[group(skip)]
pub struct Deploy {
    /// Deploy these functions of lambda-img.toml, or this image, REGISTRY/REPOSITORY[:TAG|@DIGEST] [default: the only
    /// function of lambda-img.toml]
    #[arg(value_name = "NAME|IMAGE")]
    pub what: Vec<String>,

    /// Deploy every function of lambda-img.toml
    #[arg(help_heading = FLEET, long, conflicts_with = "what")]
    pub all: bool,

    /// Print what would change, and change nothing
    ///
    /// Lambda is asked whether it would take the image, if the identity may update the function.
    #[arg(help_heading = DEPLOYMENT, long)]
    pub plan: bool,

    #[command(flatten)]
    pub target: DeployTarget,

    /// Create the function if it does not exist, with the defaults of Lambda
    #[arg(help_heading = DEPLOYMENT, hide_short_help = true, long, requires = "role")]
    pub create: bool,

    /// Give the function that --create creates this role, an ARN
    #[arg(
        help_heading = DEPLOYMENT,
        hide_short_help = true,
        long,
        value_name = "ARN",
        value_parser = deployment::role,
        requires = "create"
    )]
    pub role: Option<String>,

    #[command(flatten)]
    pub trial: Trial,

    /// Deploy the image of this name [default: `tag` in lambda-img.toml]; repeatable for several Regions
    #[arg(
        hide_short_help = true,
        short,
        long = "tag",
        value_name = "REGISTRY/REPOSITORY:TAG",
        value_parser = references::tagged
    )]
    pub tags: Vec<Reference>,

    /// Use the settings of [profiles.NAME] in lambda-img.toml [default: $LAMBDA_IMG_PROFILE]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Deploy only an image whose signed evidence has what this policy asks for, a TOML file
    #[arg(help_heading = DEPLOYMENT, long, value_name = "POLICY")]
    pub require_verified: Option<PathBuf>,

    #[command(flatten)]
    pub checks: Checks,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/deploy.json) instead of ARNs
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub jobs: Jobs,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}
