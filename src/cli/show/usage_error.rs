//! Prints clap's errors about arguments, without control characters from the arguments.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write;
use std::process;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use lambda_img::redact;

use super::ui;

/// Ends with what clap says of the words of a command line. What it proposes has the new name of an option, and not one
/// of `old_names`, which are the old names of options with what they are called now.
pub fn end(
    mut error: clap::Error,
    old_names: &BTreeMap<String, String>,
    words: impl Iterator<Item = String>,
) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    propose_new_names(&mut error, old_names);
    explain_old_names(&mut error, old_names, words);
    let _ = anstream::stderr().write_all(styled(&error).as_bytes());
    process::exit(error.exit_code())
}

/// clap proposes the old names, too.
fn propose_new_names(error: &mut clap::Error, old_names: &BTreeMap<String, String>) {
    let new = |old: &str| old_names.get(old.strip_prefix("--")?).map(|new| format!("--{new}"));
    if let Some(ContextValue::String(old)) = error.get(ContextKind::SuggestedArg)
        && let Some(new) = new(old)
    {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(new));
    }
    // An option of a command below is proposed as `'build --prepare' exists`.
    let below = |tip: &StyledStr| {
        let text = tip.to_string();
        let (before, old) = text.strip_suffix("' exists")?.rsplit_once(' ')?;
        Some(StyledStr::from(format!("{before} {}' exists", new(old)?)))
    };
    let mut tips = tips(error);
    tips.iter_mut().for_each(|tip| *tip = below(tip).unwrap_or_else(|| tip.clone()));
    tell(error, tips);
}

/// clap names an option by its new name. Where the words have an old one, the error says that it is the same option.
fn explain_old_names(
    error: &mut clap::Error,
    old_names: &BTreeMap<String, String>,
    words: impl Iterator<Item = String>,
) {
    let Some(ContextValue::String(about)) = error.get(ContextKind::InvalidArg) else { return };
    let about = about.split(' ').next().unwrap_or_default().to_owned();
    let typed: BTreeSet<_> = words
        .take_while(|word| word != "--")
        .filter_map(|word| word.strip_prefix("--")?.split('=').next().map(str::to_owned))
        .collect();
    let meant = old_names.iter().filter(|(old, new)| typed.contains(*old) && about == format!("--{new}"));
    let mut tips = tips(error);
    tips.extend(meant.map(|(old, _)| StyledStr::from(format!("'--{old}' is an older name of '{about}'"))));
    tell(error, tips);
}

fn tips(error: &clap::Error) -> Vec<StyledStr> {
    match error.get(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(tips)) => tips.clone(),
        _ => Vec::new(),
    }
}

fn tell(error: &mut clap::Error, tips: Vec<StyledStr>) {
    if !tips.is_empty() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
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
