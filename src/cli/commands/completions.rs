//! `lambda-img completions`: the scripts for shells.

use clap::Command;
use clap_complete::Shell;

use crate::cli::show::error::CliError;
use crate::cli::show::stdout;

#[derive(clap::Args)]
#[group(skip)]
pub struct Completions {
    /// Print the script for this shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Prints the script that completes `command` in a shell.
pub fn run(args: &Completions, mut command: Command) -> Result<(), CliError> {
    match args.shell {
        // These ask the tool, which knows the functions of a file: `complete`.
        Shell::Bash => stdout::print_exactly(include_str!("../completions/bash")),
        Shell::Zsh => stdout::print_exactly(include_str!("../completions/zsh")),
        Shell::Fish => stdout::print_exactly(include_str!("../completions/fish")),
        // These have every command and option in themselves.
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut command, "lambda-img", &mut script);
            stdout::print_exactly(&String::from_utf8_lossy(&script))
        }
    }
}
