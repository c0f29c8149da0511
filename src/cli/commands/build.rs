//! `lambda-img build`: builds one function, or many.

use std::path::PathBuf;

use clap::ArgMatches;

#[cfg(feature = "watch")]
use crate::cli::fleet::ci_outputs::CiOutputs;
#[cfg(feature = "watch")]
use crate::cli::fleet::select::Selection;
use crate::cli::fleet::{round, select};
use crate::cli::options::build::{ImageOptions, OutputOptions};
use crate::cli::options::fleet::Fleet;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;
#[cfg(feature = "watch")]
use crate::cli::watch;

/// The options of `build` as they are typed. What they leave out, settings may say, for each function its own: the
/// values are taken from what clap was given, layer by layer (`settings`), and from here only what no setting can say.
#[derive(clap::Args)]
#[group(skip)]
pub struct BuildFunctions {
    /// Build these functions: names in lambda-img.toml, or paths [default: the only function of lambda-img.toml, otherwise
    /// the current directory]
    ///
    /// A path is a directory, a .zip, a .jar or an executable.
    #[arg(id = "path", value_name = "NAME|PATH")]
    _path: Vec<PathBuf>,

    #[command(flatten)]
    _image: ImageOptions,

    #[command(flatten)]
    _output: OutputOptions,

    #[command(flatten)]
    fleet: Fleet,
}

/// Builds the functions that are meant, once or with every change.
pub fn run(args: &BuildFunctions, given: &ArgMatches) -> Result<(), CliError> {
    let fleet = &args.fleet;
    if fleet.watch {
        #[cfg(feature = "watch")]
        return watch::run(Rounds { given, fleet });
        #[cfg(not(feature = "watch"))]
        return Err(crate::cli::show::usage::commands::no_watch());
    }
    let settings = Settings::find()?;
    let selection = select::selection(given, fleet, &settings)?;
    round::build(selection, &settings, fleet, || {})
}

/// Builds, as `--watch` wants it.
#[cfg(feature = "watch")]
struct Rounds<'a> {
    given: &'a ArgMatches,
    fleet: &'a Fleet,
}

#[cfg(feature = "watch")]
impl watch::Work for Rounds<'_> {
    fn selection(&self, settings: &Settings) -> Result<Selection, CliError> {
        select::selection(self.given, self.fleet, settings)
    }

    fn written(&self) -> Result<Vec<PathBuf>, CliError> {
        Ok(CiOutputs::of(self.fleet)?.files())
    }

    fn round(
        &mut self,
        selection: Selection,
        settings: &Settings,
        after_commands: impl FnOnce(),
    ) -> Result<(), CliError> {
        round::build(selection, settings, self.fleet, after_commands)
    }
}
