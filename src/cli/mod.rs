//! The program around the library: arguments, environment, output and exit codes.
//!
//! Modules, each of which uses only those below it (`tests/hermetic/architecture.rs`):
//!
//! ```text
//! commands     one file for each command: its arguments, and what it does
//! watch        builds again when something changes
//! fleet        builds functions: one, or many at once
//! settings     lambda-img.toml and LAMBDA_IMG_…, which complete a command line
//! options      options that commands share, and the values that they become
//! show         output: text, JSON, errors and hints
//! init         finds the functions in a directory; only `commands` uses it
//! ```

/// Prints one line to stderr, formatted like `eprintln!`. Control characters are escaped, so that foreign text cannot
/// control the terminal. A closed stderr does not stop the work.
macro_rules! status {
    ($($text:tt)*) => { $crate::cli::show::ui::tell_line(&format!($($text)*)) };
}

/// The same for complete lines, each with its line end, in which control characters are escaped already.
macro_rules! status_block {
    ($($text:tt)*) => { $crate::cli::show::ui::tell(&format!($($text)*)) };
}

// L0 output
mod show;
// L1 options
mod options;
// L2 settings
mod settings;
// L3 functions, built
mod fleet;
// L4 neighbours, used by commands only
#[cfg(feature = "init")]
mod init;

#[cfg(feature = "watch")]
mod watch;
// L5 commands
mod commands;

use std::panic;
use std::process::ExitCode;

use clap::FromArgMatches;

use commands::command_line::{self, Args};
use options::{interrupt, old_names};
use show::exit_code::INTERNAL;
use show::{colour, usage_error};

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = lambda_img::invoke::enter(std::env::args_os()) {
        return code;
    }
    interrupt::hear_limits();
    colour::choose(std::env::args_os().skip(1));
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    if command_line::complete(words) {
        return ExitCode::SUCCESS;
    }
    let parsed = command_line::definition()
        .try_get_matches()
        .and_then(|given| Ok((Args::from_arg_matches(&given)?, given)));
    let (args, given) = parsed.unwrap_or_else(|error| {
        let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
        usage_error::end(error, &old_names::all(&command_line::definition()), words)
    });
    match panic::catch_unwind(panic::AssertUnwindSafe(|| args.run(&given))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            error.print();
            error.exit_code()
        }
        Err(_) => {
            status!("hint: this is an error in lambda-img: please report it with the lines above");
            ExitCode::from(INTERNAL)
        }
    }
}
