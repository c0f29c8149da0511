//! stub
use super::Outcome;
#[derive(clap::Args)]
pub struct Init {
    /// The directory
    #[arg(default_value = ".")]
    pub dir: std::path::PathBuf,
}
pub fn run(_: &Init) -> Outcome {
    Ok(())
}
