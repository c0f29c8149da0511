//! The command that checks what was invoked, with the options that were given and that both commands have.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

use crate::cli::commands::check::Check;
use crate::cli::show::shell::word;

/// What says how results are printed, and nothing of the image.
const OF_OUTPUT: [&str; 2] = ["json", "quiet"];

/// As it would be typed, with all layers of the image.
pub fn command(given: &ArgMatches) -> String {
    let check = Check::augment_args(Command::new("check"));
    let (mut image, mut options) = (Vec::new(), Vec::new());
    for argument in check.get_arguments() {
        let id = argument.get_id().as_str();
        let is_given = || given.value_source(id) == Some(ValueSource::CommandLine);
        if OF_OUTPUT.contains(&id) || given.try_contains_id(id).is_err() || !is_given() {
            continue;
        }
        let values = given.get_raw_occurrences(id).into_iter().flatten().flatten();
        let values = values.map(|value| word(&value.to_string_lossy()));
        match argument.get_long().map(|name| format!("--{name}")) {
            None => image.extend(values),
            Some(option) if argument.get_action().takes_values() => {
                options.extend(values.flat_map(|value| [option.clone(), value]));
            }
            Some(option) => options.push(option),
        }
    }
    let words = [vec!["lambda-img check".to_owned()], image, vec!["--all-layers".to_owned()], options];
    words.concat().join(" ")
}
