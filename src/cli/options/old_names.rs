//! Former names of options. They are still accepted; help and completion do not show them.

use std::collections::BTreeMap;

use clap::{Arg, Command};

/// The older form of [`SINGLE_LAYER`]: an option by itself, for it has other values.
pub const SPLIT: &str = "split";

/// What it is called now.
pub const SINGLE_LAYER: &str = "single-layer";

/// A value of [`SPLIT`] as one of [`SINGLE_LAYER`].
pub fn single_layer(split: &str) -> &'static str {
    if split == "none" { "true" } else { "false" }
}

/// The old names of one option.
pub fn of(arg: &Arg) -> Vec<String> {
    let aliases = arg.get_all_aliases().unwrap_or_default();
    aliases.into_iter().map(str::to_owned).collect()
}

/// Every old name of an option of a command and of those below it, and what the option is called now.
pub fn all(command: &Command) -> BTreeMap<String, String> {
    let mut names = BTreeMap::from([(SPLIT.to_owned(), SINGLE_LAYER.to_owned())]);
    for arg in command.get_arguments() {
        let now = arg.get_long().unwrap_or_default();
        names.extend(of(arg).into_iter().map(|old| (old, now.to_owned())));
    }
    command.get_subcommands().for_each(|command| names.extend(all(command)));
    names
}
