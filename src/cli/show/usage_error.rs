//! What clap has against arguments: in its words, without what the arguments bring along.

use std::cmp::Reverse;
use std::error::Error;
use std::io::Write;
use std::process;

use clap::error::ContextValue;
use lambda_img::redact;

use super::ui;

/// Ends with what clap says.
pub fn end(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    let _ = anstream::stderr().write_all(styled(error).as_bytes());
    process::exit(error.exit_code())
}

/// The words of an error in clap's colours, without passwords in the arguments, and with each argument that it repeats
/// on one line: what a script hands on must not look like lines of ours.
fn styled(error: &clap::Error) -> String {
    let mut repeated: Vec<String> = error.context().flat_map(|(_, value)| strings(value)).collect();
    repeated.extend(error.source().map(ToString::to_string));
    // The longest first: one may be part of another.
    repeated.sort_by_key(|word| Reverse(word.len()));
    let mut text = error.render().ansi().to_string();
    for word in repeated.iter().filter(|word| word.contains(redact::steers)) {
        text = text.replace(word.as_str(), &ui::clean(word));
    }
    let text = redact::passwords(&text);
    let plain = plain(&text);
    match ui::lines(&plain) {
        lines if lines == plain => text,
        lines => lines,
    }
}

fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

/// The first line of them, which says what is wrong, as part of an error of ours.
pub fn line(error: &clap::Error) -> String {
    plain(&styled(error)).lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn strings(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(word) => vec![word.clone()],
        ContextValue::Strings(words) => words.clone(),
        _ => Vec::new(),
    }
}
