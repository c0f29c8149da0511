//! An event on its way through a function: its answer on standard output, its log on standard error.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use lambda_img::invoke::{Failure, Function, Instance, Invocation, Listener, Means, Outcome};
use lambda_img::work::Run;

use super::arguments::Invoke;
use super::image::Found;
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout};

/// What the log of a function goes to: standard error.
#[derive(Default)]
pub struct Log {
    /// Bytes of answers that come in pieces.
    pieces: Mutex<Vec<u8>>,
}

impl Listener for Log {
    fn output(&self, _: Option<&str>, bytes: &[u8]) {
        // A reader that has gone stops no function.
        let _ = io::stderr().lock().write_all(&with_line_ends(bytes));
    }

    fn piece(&self, bytes: &[u8]) {
        if let Ok(mut pieces) = self.pieces.lock() {
            pieces.extend(bytes);
        }
    }
}

/// With an end of line for each return without one: Lambda's runtime clients part the lines of one message so.
fn with_line_ends(bytes: &[u8]) -> Vec<u8> {
    let next = bytes.iter().skip(1).map(Some).chain([None]);
    let line_end = |(byte, next): (&u8, Option<&u8>)| match (byte, next) {
        (b'\r', next) if next != Some(&b'\n') => b'\n',
        (byte, _) => *byte,
    };
    bytes.iter().zip(next).map(line_end).collect()
}

/// The image, unpacked.
pub fn function(args: &Invoke, found: &Found, means: Means, run: Run<'_>) -> Result<Function, CliError> {
    let configuration = args.configuration.configuration(found.name.as_deref())?;
    let config = found.config.clone();
    Ok(Function::new(config, &found.layers, &found.shared, configuration, means, &found.context.cache, run)?)
}

/// Invokes the function, as often as is wanted.
pub fn answer(
    args: &Invoke,
    function: Function,
    event: &[u8],
    log: &Arc<Log>,
    run: Run<'_>,
) -> Result<(), CliError> {
    let means = function.means();
    let mut instance = Instance::new(Arc::new(function), Arc::clone(log) as Arc<dyn Listener>);
    let mut last = None;
    for _ in 0..args.count {
        run.check().map_err(|interrupted| CliError::of_image(interrupted.into()))?;
        let invocation = Invocation { payload: event.to_vec(), ..Invocation::default() };
        let outcome = instance.invoke(invocation)?;
        print(args, &outcome, log, means)?;
        last = Some(outcome);
    }
    instance.shut_down();
    match last {
        Some(Outcome { result: Err(failure), log, .. }) => Err(CliError::FunctionFailed {
            error_type: failure.name(),
            said: String::from_utf8_lossy(&[&failure.payload[..], &log].concat()).into_owned(),
        }),
        _ => Ok(()),
    }
}

/// Prints the function's answer, or its error, as Lambda would return it.
fn print(args: &Invoke, outcome: &Outcome, log: &Log, means: Means) -> Result<(), CliError> {
    let pieces = log.pieces.lock().map(|mut pieces| std::mem::take(&mut *pieces)).unwrap_or_default();
    if args.json {
        return stdout::print_json(&json::invoke::Invoked::of(outcome, &pieces, means));
    }
    let (Ok(payload) | Err(Failure { payload, .. })) = &outcome.result;
    let whole = [&pieces[..], payload].concat();
    stdout::print_bytes(&whole)?;
    if whole.last() == Some(&b'\n') { Ok(()) } else { stdout::print_exactly("\n") }
}

#[cfg(test)]
mod tests {
    use super::with_line_ends;

    #[test]
    fn a_return_alone_ends_a_line() {
        assert_eq!(with_line_ends(b"a\rb\r\nc\r"), b"a\nb\r\nc\n");
        assert_eq!(with_line_ends(b""), b"");
    }
}
