//! The README says what is true: its table of runtimes is the tool's, its options exist, its pictures are what a
//! terminal shows.
//! (`.ci/run` runs its two commands as they stand.)

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use lambda_img::runtime;

const BEGIN: &str = "<!-- runtimes: begin -->\n";
const END: &str = "<!-- runtimes: end -->\n";

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

fn runtimes() -> String {
    let mut table = "| runtime | name | operating system | architectures | supported by AWS until |\n|---|---|---|---|---|\n".to_owned();
    for profile in runtime::all().unwrap() {
        let archs: Vec<_> = profile.architectures.iter().map(ToString::to_string).collect();
        let until = profile.support.deprecated.map_or("preview".to_owned(), |date| date.to_string());
        table += &format!(
            "| `{}` | {} | {} | {} | {until} |\n",
            profile.id,
            profile.name,
            profile.os.name(),
            archs.join(", ")
        );
    }
    table
}

#[test]
fn the_table_of_runtimes_is_the_tools() {
    let text = readme();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write("README.md", format!("{before}{BEGIN}{}{END}{after}", runtimes())).unwrap();
        return;
    }
    assert_eq!(table, runtimes());
    assert!(table.lines().count() > 40);
}

#[test]
fn every_option_that_the_readme_names_exists() {
    let help = |command: &str| {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_lambda-img"));
        let output = tool.args(command.split(' ')).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let commands = [
        "build",
        "check",
        "inspect",
        "diff",
        "runtimes",
        "base lock",
        "base list",
        "cache info",
        "cache prune",
        "version",
    ];
    let known: String = commands.into_iter().map(help).collect();
    let text = readme();
    let word =
        |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>();
    let named: BTreeSet<_> = text
        .match_indices(" --")
        .chain(text.match_indices("`--"))
        .map(|(at, _)| word(&text[at + 1..]))
        .collect();
    // Options of cargo and of the separator in front of the tool's own.
    let others = ["--", "--path", "--locked", "--release", "--no-default-features", "--features"];
    let unknown: Vec<_> =
        named.iter().filter(|name| !others.contains(&name.as_str()) && !known.contains(*name)).collect();
    assert!(named.len() > 10, "{named:?}");
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The pictures in a directory.
fn pictures(dir: &Path) -> BTreeMap<String, String> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let pictures = paths.filter(|path| path.extension().is_some_and(|extension| extension == "svg"));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    pictures.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn the_pictures_are_what_a_terminal_shows() {
    let made = tempfile::tempdir().unwrap();
    let tool = Path::new(env!("CARGO_BIN_EXE_lambda-img")).parent().unwrap();
    let path = [tool.display().to_string(), env::var("PATH").unwrap()].join(":");
    let mut make = Command::new("docs/captures/make");
    let output = make.arg(made.path()).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = pictures(made.path());
    assert!(made.len() >= 4, "{made:?}");
    let kept = pictures(Path::new("docs/captures"));
    assert!(
        made == kept,
        "run `docs/captures/make` with this tree's tool on PATH, and look at the difference"
    );
    for name in made.keys() {
        assert!(readme().contains(&format!("(docs/captures/{name})")), "the README does not show {name}");
    }
}

#[test]
fn pictures_break_lines_between_words() {
    let place = tempfile::tempdir().unwrap();
    let (text, picture) = (place.path().join("text"), place.path().join("picture.svg"));
    let long = "x".repeat(150);
    let lines = [
        format!("$ {}", "command ".repeat(30)),
        format!("  fix: \u{1b}[1;31m{}\u{1b}[0m that ends here", "everybody may read ".repeat(12)),
        format!("{} (v1): already published", "127.0.0.1:5000/team/fn@sha256:0123456789abcdef".repeat(2)),
        format!("a word {long} of its own"),
    ];
    fs::write(&text, lines.join("\n")).unwrap();
    let mut svg = Command::new("python3");
    let status = svg.args(["docs/captures/svg.py".as_ref(), text.as_os_str(), picture.as_os_str()]).status();
    assert!(status.unwrap().success());
    let picture = fs::read_to_string(picture).unwrap();
    let shown = picture.lines().filter_map(|line| line.strip_prefix("<text ")?.strip_suffix("</text>"));
    let shown: Vec<_> = shown.map(|line| line.split_once('>').unwrap().1).collect();
    assert!(shown.iter().all(|row| row.len() <= 118), "{shown:#?}");
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let plain = lines.join("\n").replace("\u{1b}[1;31m", "").replace("\u{1b}[0m", "");
    // Only what fits into no line is broken.
    let pieces = |word: String| {
        if word == long { words(&format!("{} {}", &long[..114], &long[114..])) } else { vec![word] }
    };
    let wanted: Vec<_> = words(&plain).into_iter().flat_map(pieces).collect();
    assert_eq!(words(&shown.join("\n")), wanted);
}
