//! The arguments of `lambda-img rebase`.

use lambda_img::arch::Arch;
use lambda_img::reference::Reference;
use lambda_img::source::ImageRef;

use crate::cli::options::checks::Checks;
#[cfg(target_os = "linux")]
use crate::cli::options::headings::CONFIGURATION;
use crate::cli::options::headings::DEPLOYMENT;
use crate::cli::options::jobs::Jobs;
#[cfg(target_os = "linux")]
use crate::cli::options::lambda_configuration::{ConfigurationOptions, MEMORY, TIMEOUT};
use crate::cli::options::registries::Network;
use crate::cli::options::{references, values};

#[derive(clap::Args)]
#[group(skip)]
pub struct Rebase {
    /// Rebase these images, or those that functions of lambda-img.toml are pushed as
    ///
    /// An image is REGISTRY/REPOSITORY[:TAG], oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME]. A
    /// function is a name in lambda-img.toml; its images are those that its key `tag` names.
    #[arg(required_unless_present = "account", value_name = "IMAGE|NAME")]
    pub images: Vec<String>,

    /// Rebase the images that Lambda functions use in the account and the Region of this registry of Amazon ECR
    ///
    /// These are the images of each function's $LATEST and of the versions that an alias names. An image is left out if
    /// its base is not known, or if it has another runtime than --runtime says.
    #[arg(help_heading = DEPLOYMENT, long, value_name = "REGISTRY")]
    pub account: Option<String>,

    /// Take only images of this runtime
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Put the images on this base [default: what the tag of their base is now]
    #[arg(long, value_name = "BASE", value_parser = references::base)]
    pub to: Option<ImageRef>,

    /// Take the images to be on this base, if their first layers are its layers [default: what they say]
    #[arg(long, value_name = "BASE", value_parser = references::base)]
    pub assume_base: Option<ImageRef>,

    /// Rebase the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Show what would change and what was found, and push nothing (the default)
    #[arg(long, conflicts_with = "push")]
    pub plan: bool,

    /// Push the new images, if none is refused
    #[arg(long)]
    pub push: bool,

    /// Give the new image this tag [default: the old tag and the digest]
    // Not the key `tag` of a function, which says where the old image is.
    #[arg(long = "tag", value_name = "TAG")]
    pub new_tag: Option<String>,

    /// Push to this repository [default: that of the image]
    #[arg(long, value_name = "REGISTRY/REPOSITORY", value_parser = references::repository)]
    pub repository: Option<Reference>,

    /// Invoke the old and the new image with this event, and compare the answers; repeatable
    ///
    /// An event is given as in `lambda-img invoke --event`. An image that answers in another way is not pushed.
    #[cfg(target_os = "linux")]
    #[arg(help_heading = DEPLOYMENT, long = "try", value_name = "SAMPLE|FILE|-|JSON")]
    pub events: Vec<String>,

    /// With --try, set an environment variable of the function; repeatable
    #[cfg(target_os = "linux")]
    #[arg(help_heading = CONFIGURATION, hide_short_help = true, long = "set-env", value_name = "NAME[=VALUE]")]
    pub variables: Vec<String>,

    /// With --try, set the memory of the function: 128 to 10240 MB
    #[cfg(target_os = "linux")]
    #[arg(
        help_heading = CONFIGURATION,
        hide_short_help = true,
        long,
        value_name = "MB",
        default_value_t = MEMORY,
        value_parser = clap::value_parser!(u32).range(128..=10_240),
    )]
    pub memory: u32,

    /// With --try, set the timeout of the function: 1 to 900 seconds
    #[cfg(target_os = "linux")]
    #[arg(
        help_heading = CONFIGURATION,
        hide_short_help = true,
        long,
        value_name = "SECONDS",
        default_value_t = TIMEOUT,
        value_parser = clap::value_parser!(u64).range(1..=900),
    )]
    pub function_timeout: u64,

    /// List all files of the bases that differ
    #[arg(hide_short_help = true, long)]
    pub all_files: bool,

    /// Apply [profiles.NAME] of lambda-img.toml
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub profile: Option<String>,

    #[command(flatten)]
    pub checks: Checks,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/rebase.json)
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub jobs: Jobs,

    /// Print only results and errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[cfg(target_os = "linux")]
impl Rebase {
    /// What Lambda would be told of the functions that are tried.
    pub fn configuration(&self) -> ConfigurationOptions {
        ConfigurationOptions {
            variables: self.variables.clone(),
            memory: self.memory,
            function_timeout: self.function_timeout,
            ..ConfigurationOptions::default()
        }
    }
}
