//! `lambda-img completions` and `lambda-img man`: from the definitions of the command line.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;
use lambda_img::store::FileError;

use super::args::Args;
use super::failure::Failure;
use super::{Outcome, ui};

#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(clap::Args)]
pub struct Man {
    /// Where to write lambda-img.1 and a page for each command
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

pub fn completions(args: &Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "lambda-img", &mut script);
    // clap_complete 4.6 calls one thing by two names in bash where the program's has a hyphen.
    ui::print_exactly(&String::from_utf8_lossy(&script).replace("lambda__subcmd__img", "lambda__img"))
}

pub fn man(args: &Man) -> Outcome {
    let file = |verb| move |source| Failure::File(FileError { verb, path: args.dir.clone(), source });
    fs::create_dir_all(&args.dir).map_err(file("create directory"))?;
    clap_mangen::generate_to(Args::command(), &args.dir).map_err(file("write to"))
}
