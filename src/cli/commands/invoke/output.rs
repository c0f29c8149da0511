//! Where the log and the answers of a function go.

use std::io::{self, Write};

use lambda_img::invoke::{Failure, Listener, Means, Outcome};

use super::arguments::Invoke;
use super::pieces::Pieces;
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout};

/// What the log of a function goes to: standard error.
#[derive(Default)]
pub struct Log {
    pieces: Pieces,
}

impl Listener for Log {
    fn output(&self, _: Option<&str>, bytes: &[u8]) {
        // A reader that has gone stops no function.
        let _ = io::stderr().lock().write_all(&with_line_ends(bytes));
    }

    fn piece(&self, bytes: &[u8]) {
        self.pieces.push(bytes);
    }
}

impl Log {
    /// The pieces of the answer that came last.
    pub fn pieces(&self) -> Vec<u8> {
        self.pieces.take()
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

/// Prints the function's answer, or its error, as Lambda would return it.
pub fn print(args: &Invoke, outcome: &Outcome, pieces: &[u8], means: Means) -> Result<(), CliError> {
    if args.json {
        return stdout::print_json(&json::invoke::Invoked::of(outcome, pieces, means));
    }
    let (Ok(payload) | Err(Failure { payload, .. })) = &outcome.result;
    let whole = [pieces, payload].concat();
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
