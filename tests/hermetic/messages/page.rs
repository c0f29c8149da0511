//! docs/reference/messages.md, from the messages.

use std::collections::BTreeSet;
use std::path::Path;

use super::errors::Message;

const WIDTH: usize = 118;

/// The areas: title, and the beginnings of the paths of their files.
const AREAS: &[(&str, &[&str])] = &[
    (
        "Command line and settings",
        &[
            "src/cli/show/usage/options",
            "src/cli/show/usage/settings",
            "src/cli/show/usage/file",
            "src/cli/show/usage/trust",
            "src/cli/show/usage/commands",
            "src/cli/show/error",
            "src/cli/init",
        ],
    ),
    ("Several functions and CI", &["src/cli/show/usage/fleet"]),
    ("Files of the function", &["src/build/", "src/family", "src/input", "src/step", "src/tree"]),
    ("Runtimes and architectures", &["src/runtime", "src/arch"]),
    ("Bases and images", &["src/rebase", "src/source", "src/image", "src/inspect", "src/examine"]),
    ("Registries", &["src/registry", "src/reference"]),
    ("Network", &["src/http"]),
    ("Credentials", &["src/credentials"]),
    ("Outputs", &["src/publish", "src/pack", "src/attest"]),
    ("Signed evidence", &["src/sign", "src/verify", "src/cli/show/usage/signing"]),
    ("Deployment", &["src/deploy", "src/prune", "src/cli/show/usage/deploy"]),
    ("Other bases", &["src/rebase"]),
    ("Cache and files", &["src/store", "src/digest", "src/work"]),
    ("Functions that run here", &["src/invoke", "src/cli/show/usage/invoke"]),
    ("Checks, dates and the library", &["src/check", "src/date", "src/epoch", "src/lambda"]),
];

fn area(file: &Path) -> usize {
    let file = file.to_str().unwrap();
    let at = AREAS.iter().position(|(_, starts)| starts.iter().any(|start| file.starts_with(start)));
    at.unwrap_or_else(|| panic!("tests/hermetic/messages/page.rs has no area for {file}"))
}

/// The page.
pub fn page(messages: &[Message]) -> String {
    let mut out = String::from("# Messages\n\n");
    out += &wrapped(
        "This page lists the error messages of `lambda-img` with their meaning and with what to do, so that you can \
         search it for the message that you see. It is generated from the source.",
        "",
    );
    out += &wrapped(
        "Names in angle brackets stand for values: `<path>` is a path. A message can follow `error:` or `caused by:`. \
         The library has the same messages as the program, without the hints.",
        "",
    );
    out += "For messages of AWS, see [troubleshooting](troubleshooting.md). For exit codes, see [exit codes](exit-codes.md).\n";
    let mut seen = BTreeSet::new();
    for (at, (title, _)) in AREAS.iter().enumerate() {
        out += &format!("\n## {title}\n");
        for message in messages.iter().filter(|message| area(&message.file) == at) {
            if seen.insert((at, message.text.clone())) {
                let same =
                    messages.iter().filter(|other| area(&other.file) == at && other.text == message.text);
                out += &entry(message, &same.collect::<Vec<_>>());
            }
        }
    }
    out
}

/// One message; of several with the same text, the meanings and hints of all.
fn entry(message: &Message, same: &[&Message]) -> String {
    let mut out = format!("\n### {}\n\n", span(&message.text));
    let (mut meanings, mut hints) = (Vec::new(), Vec::new());
    for one in same {
        if !meanings.contains(&&one.meaning) {
            meanings.push(&one.meaning);
        }
        hints.extend(one.hints.iter().filter(|hint| !hints.contains(hint)).collect::<Vec<_>>());
    }
    meanings.iter().for_each(|meaning| out += &wrapped(&plain(meaning), ""));
    match &hints[..] {
        [] => {}
        [hint] => out += &wrapped(&format!("What to do: {}", sentence(hint)), ""),
        hints => {
            out += "What to do, depending on the case:\n\n";
            hints
                .iter()
                .for_each(|hint| out += &format!("- {}", wrapped(&sentence(hint), "  ").trim_start()));
        }
    }
    format!("{}\n", out.trim_end())
}

/// Code that holds any text, also one with backticks.
fn span(text: &str) -> String {
    match text.contains('`') {
        true => format!("`` {text} ``"),
        false => format!("`{text}`"),
    }
}

/// Links of rustdoc as code.
fn plain(doc: &str) -> String {
    doc.replace("[`", "`").replace("`]", "`")
}

/// A hint as Markdown, in which names in angle brackets are not tags.
fn sentence(hint: &str) -> String {
    // Inside of code nothing is escaped.
    let parts = hint.split('`').enumerate();
    let escaped =
        parts.map(
            |(at, part)| {
                if at % 2 == 0 { part.replace('<', "\\<").replace('*', "\\*") } else { part.to_owned() }
            },
        );
    let text = escaped.collect::<Vec<_>>().join("`");
    if text.ends_with(['.', '?', '!']) { text } else { text + "." }
}

/// A paragraph or an item of a list, in lines.
fn wrapped(text: &str, indent: &str) -> String {
    let (mut out, mut line) = (String::new(), indent.to_owned());
    for word in text.split_whitespace() {
        if line.trim().is_empty() {
            line += word;
        } else if line.chars().count() + word.chars().count() < WIDTH {
            line += &format!(" {word}");
        } else {
            out += &format!("{line}\n");
            line = format!("{indent}{word}");
        }
    }
    out += &format!("{line}\n");
    if indent.is_empty() { out + "\n" } else { out }
}
