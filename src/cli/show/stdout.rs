//! Standard output: lines for people, and data.

use std::io::{self, Write};

use lambda_img::redact;
use serde::Serialize;
use serde_json::Value;

use super::error::CliError;
use super::{colour, ui};

/// Writes lines for people to stdout, in colours where it is a terminal. A reader that has gone is not an error: it had
/// what it wanted.
pub fn print(text: &str) -> Result<(), CliError> {
    print_exactly(&colour::paint(&ui::lines(text), &io::stdout()))
}

/// Writes an object and the end of the line to stdout: exact, with what JSON could leave as it is, and a terminal
/// does not show, as escapes of JSON.
pub fn print_json(object: &impl Serialize) -> Result<(), CliError> {
    print_exactly(&format!("{}\n", escaped(&sorted(object)?.to_string())))
}

/// The same on several lines, for what people copy into consoles of AWS.
pub fn print_indented(object: &impl Serialize) -> Result<(), CliError> {
    print_exactly(&format!("{}\n", escaped(&format!("{:#}", sorted(object)?))))
}

/// An object with its keys in alphabetical order, as all objects are printed.
pub fn sorted(object: &impl Serialize) -> Result<Value, CliError> {
    serde_json::to_value(object).map_err(|error| CliError::Stdout(error.into()))
}

/// JSON, which has nothing of the kind outside of strings but ends of lines.
pub fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        match redact::steers(char) && char != '\n' {
            true => out += &format!("\\u{:04x}", u32::from(char)),
            false => out.push(char),
        }
    }
    out
}

/// Writes data to stdout as it is: for what is not of others.
pub fn print_exactly(text: &str) -> Result<(), CliError> {
    print_bytes(text.as_bytes())
}

/// Writes the answer of a function to stdout, byte for byte.
pub fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Stdout(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_in_json_steers_no_terminal() {
        let object = serde_json::json!({ "a\u{9b}": "\u{202e}\n\u{7f}é" });
        let text = escaped(&object.to_string());
        assert_eq!(text, r#"{"a\u009b":"\u202e\n\u007fé"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), object);
    }
}
