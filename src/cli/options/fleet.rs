//! The options of `build` that are about many functions, or about what is told of them: no settings.

use std::path::PathBuf;

use lambda_img::build::BuildOptions;

/// Which functions, and what is written of them.
#[derive(clap::Args, Default)]
#[group(skip)]
#[command(next_help_heading = "Many functions, and pipelines")]
pub struct Fleet {
    /// Build every function of lambda-img.toml
    #[arg(long, conflicts_with_all = ["path", "changed_since"])]
    pub all: bool,

    /// Build the functions of lambda-img.toml whose inputs are not what they were in this revision of git
    #[arg(long, value_name = "GIT_REV", conflicts_with = "path")]
    pub changed_since: Option<String>,

    /// Build again whenever something changes that a function is made of, until Ctrl-C
    #[arg(long, conflicts_with = "changed_since")]
    pub watch: bool,

    /// Begin no other function once one failed
    #[arg(long)]
    pub fail_fast: bool,

    /// Run the step of this name again, whatever is remembered of it; repeatable
    #[arg(long, value_name = "STEP")]
    pub refresh: Vec<String>,

    /// Run every step, and tell which files of its directory it opens and does not declare (Linux): let nothing else
    /// work there meanwhile
    #[arg(long)]
    pub audit_steps: bool,

    /// Write the references of what was published into a file, a line each: with --push what was pushed, else
    /// the local outputs
    #[arg(long, value_name = "FILE")]
    pub image_refs: Option<PathBuf>,

    /// Write the object that --json prints into a file, too
    #[arg(long, value_name = "FILE")]
    pub metadata_file: Option<PathBuf>,

    /// Hand what was built to later CI steps: github, into $GITHUB_OUTPUT and $GITHUB_STEP_SUMMARY; gitlab, into
    /// lambda-img.env, a dotenv report
    #[arg(long, alias = "output-format", value_enum, value_name = "SYSTEM")]
    pub ci: Option<CiSystem>,
}

impl Fleet {
    /// The same options of a build with what is asked of steps.
    pub fn with_steps(&self, options: BuildOptions) -> BuildOptions {
        BuildOptions { refresh: self.refresh.clone(), audit_steps: self.audit_steps, ..options }
    }
}

/// A CI system. Documented variants would turn the whole help into its long form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum CiSystem {
    Github,
    Gitlab,
}
