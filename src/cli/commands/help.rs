//! The help of every command: `-h` has the options of the common case, `--help` has all of them under headings, with an
//! example under each heading.

use clap::{Arg, Command};

use super::examples::{self, Example};
use super::option_examples;
use crate::cli::options::headings;

/// The commands that build a function in order to look at its image, and have the options of `build` for that.
const LOOK_AT_FUNCTIONS: [&str; 5] = ["check", "inspect", "invoke", "diff", "sbom"];

/// The number of examples in `-h`.
const SHORT: usize = 3;

/// Adds headings and examples to the help of a command line and of all its commands.
pub fn add_to(command: Command) -> Command {
    with("", command)
}

fn with(words: &str, mut command: Command) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names {
        let words = format!("{words} {name}");
        command = command.mut_subcommand(name, |one| with(words.trim(), one));
    }
    if LOOK_AT_FUNCTIONS.contains(&words) {
        command = command.mut_args(of_built_function);
    }
    command = command.mut_args(|arg| option_examples::add(words, arg));
    let examples = examples::of(words);
    if examples.is_empty() {
        return command;
    }
    let short = text(&examples[..examples.len().min(SHORT)]);
    let short = if is_longer(&command) {
        format!("{short}\n\n`lambda-img {words} --help` explains all options.")
    } else {
        short
    };
    command.after_help(short).after_long_help(text(examples))
}

/// Whether `--help` has options of the command that `-h` leaves out.
fn is_longer(command: &Command) -> bool {
    command.get_arguments().any(|arg| arg.is_hide_short_help_set() && !arg.is_global_set())
}

fn of_built_function(arg: Arg) -> Arg {
    match arg.get_help_heading() {
        Some(headings::FUNCTION | headings::IMAGE) => {
            arg.help_heading(headings::FUNCTION_THAT_IS_BUILT).hide_short_help(true)
        }
        _ => arg,
    }
}

fn text(examples: &[Example]) -> String {
    let lines = examples.iter().map(|(what, line)| format!("  # {what}\n  {line}"));
    format!("Examples:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
