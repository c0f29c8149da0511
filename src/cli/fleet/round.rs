//! One round of building: of one function alone, or of many.

use super::ci_outputs::CiOutputs;
use super::one::Commands;
use super::select::{Chosen, Selection};
use super::{many, one, steps};
use crate::cli::options::fleet::Fleet;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;

/// Makes and builds functions; `after_commands` is called when the commands that make them have run.
pub fn build(
    Selection { mut functions, alone }: Selection,
    settings: &Settings,
    fleet: &Fleet,
    after_commands: impl FnOnce(),
) -> Result<(), CliError> {
    let Some(function) = functions.pop_if(|_| alone) else {
        return many::build(functions, settings, fleet, after_commands);
    };
    // What can be refused is, before anything runs.
    let ci = CiOutputs::of(fleet)?;
    let Chosen { name, function, build } = Chosen::of(function, settings)?;
    ci.check_outputs(&build.output.outputs)?;
    steps::check_names(&fleet.refresh, [&build].into_iter())?;
    let commands = Commands { function: &function, after: after_commands };
    one::build(&build, &name, (&ci, fleet), commands)
        .map_err(|error| error.of_function(function.handler_origin()))
}
