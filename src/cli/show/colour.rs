//! Colours of messages. The beginning of a line decides its colour, so that no information is only in the colour.

use std::ffi::OsStr;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::builder::Styles;

const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
const HELPFUL: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const HEAD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// What a line begins with, or is, and how that is shown. Of what others wrote, nothing begins a line.
const HEADS: [(&str, Style); 15] = [
    ("error:", BAD),
    ("caused by:", HEAD),
    ("warning:", DOUBTFUL),
    ("hint:", HELPFUL),
    ("      fix:", HELPFUL),
    ("pre-build:", QUIET),
    // Levels of findings, in rows of `inspect`.
    ("  deny ", BAD),
    ("  warn ", DOUBTFUL),
    // Files, in `diff`.
    ("      + ", GOOD),
    ("      - ", AnsiColor::Red.on_default()),
    ("      ~ ", AnsiColor::Yellow.on_default()),
    // Where a build ends.
    ("  image ", HEAD),
    ("changed:", HEAD),
    ("watching ", HEAD),
    ("next:", HELPFUL),
];

/// Lines that are heads of those below them.
const TITLES: [(&str, Style); 14] = [
    ("denied", BAD),
    ("warnings", DOUBTFUL),
    ("allowed", GOOD),
    ("layers", HEAD),
    ("limits", HEAD),
    ("annotations", HEAD),
    ("labels", HEAD),
    ("findings", HEAD),
    ("why", HEAD),
    ("manifest", HEAD),
    ("configuration", HEAD),
    ("registries", HEAD),
    ("pushed", GOOD),
    ("time", HEAD),
];

/// Help and errors of arguments, in the same colours.
pub const STYLES: Styles = Styles::styled()
    .header(HEAD)
    .usage(HEAD)
    .literal(AnsiColor::Cyan.on_default())
    .error(BAD)
    .valid(GOOD)
    .invalid(DOUBTFUL);

/// Takes `--color` from the arguments, before anything can be wrong with the others: so that what is wrong is told as
/// it says.
pub fn choose(arguments: impl Iterator<Item = impl AsRef<OsStr>>) {
    let mut choice = ColorChoice::Auto;
    let mut follows = false;
    for argument in arguments {
        let argument = argument.as_ref().to_string_lossy();
        if argument == "--" {
            break;
        }
        let word = if follows { Some(&*argument) } else { argument.strip_prefix("--color=") };
        choice = match word {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            Some("auto") => ColorChoice::Auto,
            _ => choice,
        };
        follows = argument == "--color";
    }
    choice.write_global();
}

/// Whether what goes to `stream` is coloured: as `--color` says; else not with `NO_COLOR`, always with
/// `CLICOLOR_FORCE`, and on terminals that can (`TERM`).
fn coloured(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Lines in colours, where `stream` is to have them.
pub fn paint(lines: &str, stream: &impl RawStream) -> String {
    match coloured(stream) {
        true => lines.split('\n').map(line).collect::<Vec<_>>().join("\n"),
        false => lines.to_owned(),
    }
}

fn line(line: &str) -> String {
    let title = TITLES.iter().find(|(title, _)| *title == line).map(|(_, style)| (line.len(), style));
    let head =
        || HEADS.iter().find(|(head, _)| line.starts_with(head)).map(|(head, style)| (head.len(), style));
    match title.or_else(head) {
        Some((length, style)) => {
            let (head, rest) = line.split_at(length);
            format!("{style}{head}{style:#}{rest}")
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_coloured_and_nothing_else() {
        assert_eq!(line("error: a"), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m a");
        assert_eq!(line("denied"), "\u{1b}[1m\u{1b}[31mdenied\u{1b}[0m");
        for plain in ["denied, and more", " error: a", "registry/fn@sha256:00", ""] {
            assert_eq!(line(plain), plain);
        }
    }
}
