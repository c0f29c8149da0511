//! `lambda-img version`: prints the version, and what determines the bytes of images.

use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout, ui};
use lambda_img::pack::{ENCODER, LAYER_FORMAT};

#[derive(clap::Args)]
#[group(skip)]
pub struct Version {
    /// Print one JSON object (docs/schemas/version.json)
    #[arg(long)]
    pub json: bool,
}

/// What the tool was compiled for (`build.rs`).
const TARGET: &str = env!("LAMBDA_IMG_TARGET");

/// The commit that it was made from, where who made it said so: never asked of git, so that equal
/// sources make equal binaries.
const COMMIT: Option<&str> = option_env!("LAMBDA_IMG_COMMIT");

pub fn run(args: &Version) -> Result<(), CliError> {
    if args.json {
        return stdout::print_json(&json::version::Version {
            version: json::values::Version,
            lambda_img: env!("CARGO_PKG_VERSION"),
            layer_format: LAYER_FORMAT,
            encoder: ENCODER.into(),
            target: TARGET,
            commit: COMMIT,
        });
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("lambda-img", env!("CARGO_PKG_VERSION").to_owned()),
        row("layer format", LAYER_FORMAT.to_string()),
        row(
            "encoder",
            format!("{} {}, blocks of {} bytes", ENCODER.name, ENCODER.version, ENCODER.block_size),
        ),
        row("target", TARGET.to_owned()),
    ];
    rows.extend(COMMIT.map(|commit| row("commit", commit.to_owned())));
    stdout::print(&ui::table(&rows, &[]))
}
