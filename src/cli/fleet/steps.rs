//! Steps by their names, and what an audit of them found.

use lambda_img::build::Built;

use crate::cli::options::build::Build;
use crate::cli::show::error::CliError;
use crate::cli::show::{ui, usage};

/// How many files are named.
const NAMED: usize = 10;

/// Refuses names of steps to run again that no function has.
pub fn check_names<'b>(
    names: &[String],
    builds: impl Iterator<Item = &'b Build> + Clone,
) -> Result<(), CliError> {
    let mut known: Vec<_> = builds.flat_map(Build::steps).map(|step| step.name).collect();
    known.sort();
    known.dedup();
    let Some(unknown) = names.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    Err(usage::fleet::no_step(unknown, &known.join(", ")))
}

/// What was found of steps whose opened files were looked at, a line each.
pub fn audited(built: &Built) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &built.steps {
        let Some(undeclared) = &step.undeclared else { continue };
        let names: Vec<_> =
            undeclared.iter().map(|path| format!("`{}`", ui::clean(&path.to_string_lossy()))).collect();
        let named = names.get(..NAMED).unwrap_or(&names).join(", ");
        lines.push(match names.len() {
            0 => format!("step {}: it opened no undeclared files in its directory", step.name),
            count if count > NAMED => {
                let more = count - NAMED;
                format!(
                    "warning: step {} opened files that its `inputs` do not list: {named} and {more} more",
                    step.name
                )
            }
            _ => format!("warning: step {} opened files that its `inputs` do not list: {named}", step.name),
        });
    }
    lines
}
