//! The options of `build` that select functions, and that write files about them. They are not settings.

use std::path::PathBuf;

use super::headings::FLEET;

/// Which functions are built, and what is written about them.
#[derive(clap::Args, Default)]
#[group(skip)]
pub struct Fleet {
    /// Build every function of lambda-img.toml
    #[arg(help_heading = FLEET, long, conflicts_with_all = ["path", "changed_since"])]
    pub all: bool,

    /// Build the functions whose files changed since this commit of Git
    ///
    /// GIT_REV is a commit, a branch or a tag. Files that are not committed count too.
    #[arg(help_heading = FLEET, long, value_name = "GIT_REV", conflicts_with = "path")]
    pub changed_since: Option<String>,

    /// Build again after each change, until Ctrl-C
    #[arg(help_heading = FLEET, long, conflicts_with = "changed_since")]
    pub watch: bool,

    /// Start no further function after one failed [default: build all others]
    #[arg(help_heading = FLEET, hide_short_help = true, long)]
    pub fail_fast: bool,

    /// Write the references of the images to this file, one in a line
    ///
    /// With --push these are the pushed images, otherwise the local outputs.
    #[arg(help_heading = FLEET, hide_short_help = true, long, value_name = "FILE")]
    pub image_refs: Option<PathBuf>,

    /// Write the object of --json to this file
    #[arg(help_heading = FLEET, hide_short_help = true, long, value_name = "FILE")]
    pub metadata_file: Option<PathBuf>,

    /// Write the references for later steps of this CI system
    #[arg(
        help_heading = FLEET,
        hide_short_help = true,
        long,
        alias = "output-format",
        value_enum,
        value_name = "SYSTEM"
    )]
    pub ci: Option<CiSystem>,
}

/// A CI system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum CiSystem {
    /// Write $GITHUB_OUTPUT and $GITHUB_STEP_SUMMARY
    Github,
    /// Write lambda-img.env, a dotenv report
    Gitlab,
}
