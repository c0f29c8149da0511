//! Asks questions at the terminal, even if standard input or output is redirected.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};

use lambda_img::build::BuildError;
use lambda_img::redact::Secret;
use lambda_img::store::FileError;
use lambda_img::work::Interrupted;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::cli::show::error::CliError;

/// The terminal that the process is started from (tty(4)).
const TERMINAL: &str = "/dev/tty";

/// Keys as bytes: Ctrl-C, Ctrl-D, Ctrl-U, and two for backspace.
const INTERRUPT: u8 = 3;
const END: u8 = 4;
const CLEAR: u8 = 21;
const BACK: [u8; 2] = [8, 127];

/// Asks for a line.
pub fn line(question: &str) -> Result<String, CliError> {
    let mut terminal = terminal()?;
    let mut answer = String::new();
    let asked =
        write!(terminal, "{question}").and_then(|()| BufReader::new(&terminal).read_line(&mut answer));
    asked.map_err(failed)?;
    Ok(answer.trim().to_owned())
}

/// Asks for what is not to be seen.
pub fn secret(question: &str) -> Result<Secret, CliError> {
    let terminal = terminal()?;
    // First, for what was typed before is thrown away with the change.
    let quiet = Quiet::of(&terminal).map_err(failed)?;
    write!(&terminal, "{question}").map_err(failed)?;
    let answer = keys(&terminal);
    drop(quiet);
    writeln!(&terminal).map_err(failed)?;
    match answer.map_err(failed)? {
        Some(answer) => Ok(Secret::new(String::from_utf8_lossy(&answer))),
        None => Err(BuildError::from(Interrupted).into()),
    }
}

fn failed(source: io::Error) -> CliError {
    CliError::File(FileError { verb: "ask at", path: TERMINAL.into(), source })
}

fn terminal() -> Result<File, CliError> {
    File::options().read(true).write(true).open(TERMINAL).map_err(|_| {
        let hint = "pipe the password in, as in `pass show registry | lambda-img login --username U --password-stdin`";
        CliError::usage("there is no terminal to ask at", hint)
    })
}

/// The bytes up to the end of the line; `None` where the user gives up.
fn keys(terminal: &File) -> io::Result<Option<Vec<u8>>> {
    let mut answer = Vec::new();
    for byte in BufReader::new(terminal).bytes() {
        match byte? {
            INTERRUPT => return Ok(None),
            b'\n' | b'\r' | END => break,
            CLEAR => answer.clear(),
            key if BACK.contains(&key) => {
                // A letter of UTF-8 is one byte that begins it, and those that go on.
                while answer.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            key => answer.push(key),
        }
    }
    Ok(Some(answer))
}

/// A terminal that shows nothing and hands on each key, until the value goes.
struct Quiet<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Quiet<'t> {
    fn of(terminal: &'t File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}
