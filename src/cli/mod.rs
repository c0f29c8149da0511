//! The program around the library: arguments, environment, words for people, exit codes.

mod args;
mod cmd_auth;
mod cmd_base;
mod cmd_build;
mod cmd_cache;
mod cmd_check;
mod cmd_explain;
mod cmd_push;
mod cmd_runtimes;
mod cmd_version;
mod failure;
mod findings;
mod hints;
mod iam;
mod names;
mod net;
mod pins;
mod pushes;
mod sarif;
mod signal;
mod ui;
mod values;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use failure::{Failure, INTERNAL};

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let run = || match args.command {
        Command::Build(build) => cmd_build::run(*build),
        Command::Check(check) => cmd_check::run(*check),
        Command::Explain(explain) => cmd_explain::run(&explain),
        Command::Push(push) => cmd_push::run(*push),
        Command::Auth(command) => cmd_auth::run(&command),
        Command::Base(command) => cmd_base::run(command),
        Command::Cache(command) => cmd_cache::run(command),
        Command::Runtimes(runtimes) => cmd_runtimes::run(&runtimes),
        Command::Version(version) => cmd_version::run(&version),
    };
    match panic::catch_unwind(panic::AssertUnwindSafe(run)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            failure.print();
            failure.exit_code()
        }
        Err(_) => {
            eprintln!("hint: this is a fault of lambda-img: please report it with the lines above");
            ExitCode::from(INTERNAL)
        }
    }
}

/// The result of a command.
pub type Outcome = Result<(), Failure>;
