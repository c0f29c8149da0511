//! An event on its way through a function: its answer on standard output, its log on standard error.

use std::sync::Arc;

use clap::ArgMatches;
use lambda_img::invoke::{Failure, Function, Instance, Invocation, Listener, Means, Mode, Outcome};
use lambda_img::work::Run;

use super::arguments::Invoke;
use super::checking;
use super::image::Found;
use super::output::{Log, print};
use super::several;
use crate::cli::options::interrupt;
use crate::cli::show::error::CliError;
use crate::cli::show::failed_function::FailedFunction;

/// The image, unpacked.
pub fn function(args: &Invoke, found: &Found, means: Means, run: Run<'_>) -> Result<Function, CliError> {
    let configuration = args.configuration.configuration(found.name.as_deref())?;
    let config = found.config.clone();
    Ok(Function::new(config, &found.layers, &found.shared, configuration, means, &found.context.cache, run)?)
}

/// Invokes the function, as often as is wanted.
pub fn answer(
    args: &Invoke,
    given: &ArgMatches,
    function: Function,
    event: &[u8],
    log: &Arc<Log>,
    run: Run<'_>,
) -> Result<(), CliError> {
    let (function, stop) = (Arc::new(function), interrupt::watch()?);
    let last = match function.identity.concurrency {
        Some(concurrency) => several::answer(args, &function, concurrency, event, log, run)?,
        None => {
            let log_heard = Arc::clone(log) as Arc<dyn Listener>;
            let mut instance = Instance::new(Arc::clone(&function), log_heard).until(stop);
            let mut last = None;
            for _ in 0..args.count {
                run.check().map_err(|interrupted| CliError::of_image(interrupted.into()))?;
                let invocation = Invocation { payload: event.to_vec(), ..Invocation::default() };
                let outcome = instance.invoke(invocation)?;
                print(args, &outcome, &log.pieces(), function.means())?;
                last = Some(outcome);
            }
            instance.shut_down();
            last
        }
    };
    match last {
        Some(Outcome { result: Err(failure), log, .. }) => Err(failed(given, &function, &failure, &log)),
        _ => Ok(()),
    }
}

/// The error of a function that failed, with the end of its log.
fn failed(given: &ArgMatches, function: &Function, failure: &Failure, log: &[u8]) -> CliError {
    let failed = FailedFunction {
        said: String::from_utf8_lossy(&[&failure.payload[..], log].concat()).into_owned(),
        has_program: function.has_program(),
        in_sandbox: function.means().mode != Mode::Off,
        check: checking::command(given),
    };
    CliError::FunctionFailed { error_type: failure.name(), failed: Box::new(failed) }
}
