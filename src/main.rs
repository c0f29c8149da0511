//! The command line: settings in, one line of data out, everything else on stderr.

#![deny(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
