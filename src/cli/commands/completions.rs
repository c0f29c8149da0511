//! `lambda-img completions`: the scripts for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;
use crate::cli::Outcome;
use crate::cli::show::ui;

#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

pub fn run(args: &Completions) -> Outcome {
    match args.shell {
        // These ask the tool, which knows the functions of a file: `complete`.
        Shell::Bash => ui::print_exactly(include_str!("../completions/bash")),
        Shell::Zsh => ui::print_exactly(include_str!("../completions/zsh")),
        Shell::Fish => ui::print_exactly(include_str!("../completions/fish")),
        // These have every command and option in themselves.
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut Args::command(), "lambda-img", &mut script);
            ui::print_exactly(&String::from_utf8_lossy(&script))
        }
    }
}
