//! The README and the pages of `docs/` say what is true: the table of runtimes is the tool's, the options that they name
//! exist, their pictures are what a terminal shows. The README is short.
//! (`.ci/run` runs its two commands as they stand.)

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use lambda_img::runtime;

const BEGIN: &str = "<!-- runtimes: begin -->\n";
const END: &str = "<!-- runtimes: end -->\n";

/// The page of the runtimes.
const RUNTIMES: &str = "docs/reference/runtimes.md";

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

/// The README and the pages below `docs/`, by their paths.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::from([(PathBuf::from("README.md"), readme())]);
    let mut ahead = vec![PathBuf::from("docs")];
    while let Some(dir) = ahead.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path, text);
            }
        }
    }
    found
}

#[test]
fn the_readme_is_read_in_two_minutes() {
    let lines = readme().lines().count();
    assert!(lines <= 150, "{lines} lines");
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
    let text = fs::read_to_string(RUNTIMES).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(RUNTIMES, format!("{before}{BEGIN}{}{END}{after}", runtimes())).unwrap();
        return;
    }
    assert_eq!(table, runtimes());
    assert!(table.lines().count() > 40);
}

/// The options that a text names between backticks.
fn options(text: &str) -> BTreeSet<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let spans = prose
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| !OF_OTHERS.iter().any(|name| span.starts_with(name)));
    let words = spans.flat_map(|span| span.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let names = words
        .filter(|word| word.starts_with("--"))
        .map(|word| word.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>());
    names.filter(|name| name.len() > 2).collect()
}

/// What begins a command of another program.
const OF_OTHERS: [&str; 15] = [
    "umoci ", "aws ", "cargo ", "docker ", "npm ", "pip ", "tar ", "skopeo ", "git ", "go ", "javac ", "cp ",
    "buildah ", "podman ", "dotnet ",
];

#[test]
fn every_option_that_a_page_names_exists() {
    // What `--help` says of each command, as `tests/clients/docs` holds that page to.
    let known = fs::read_to_string("docs/reference/cli.md").unwrap();
    let known: BTreeSet<_> = known
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| word.starts_with("--"))
        .collect();
    let mut named = BTreeSet::new();
    let mut unknown = Vec::new();
    for (path, text) in pages() {
        let options = options(&text);
        let not =
            options.iter().filter(|name| !known.contains(name.as_str()) && !OTHERS.contains(&name.as_str()));
        unknown.extend(not.map(|name| format!("{}: {name}", path.display())));
        named.extend(options);
    }
    assert!(named.len() > 40, "{named:?}");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Options of other programs that pages name alone.
const OTHERS: [&str; 16] = [
    "--quick",      // of benches/run
    "--find-links", // of pip, like the next two
    "--hash",
    "--no-binary",
    "--architectures",        // of the AWS CLI
    "--chmod",                // of a Dockerfile's COPY, and of git
    "--compile-bytecode",     // of uv
    "--editable",             // of pip
    "--image-tag-mutability", // of the AWS CLI
    "--incremental",          // of tar, like the next two but one
    "--independent",          // of pigz
    "--invalidation-mode",    // of Python's compileall
    "--mount",                // of a Dockerfile's RUN
    "--multi-volume",
    "--platform", // of pip and Docker
    "--sparse",
];

#[test]
fn an_option_that_does_not_exist_is_seen() {
    let text = "`--all` and `-t X --push`\n```console\n$ a --b\n```\n`lambda-img build --no-such`, `pip install --target x`";
    let found = ["--all", "--no-such", "--push"].map(str::to_owned);
    assert_eq!(options(text), BTreeSet::from(found));
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
    let pages = pages();
    assert!(readme().contains("(docs/captures/"), "the README shows no picture");
    for name in made.keys() {
        let link = format!("captures/{name})");
        assert!(pages.values().any(|text| text.contains(&link)), "no page shows {name}");
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

/// The fills that a style sheet gives to classes.
fn fills(sheet: &str) -> BTreeMap<&str, &str> {
    let rules = sheet.split('}').filter_map(|rule| rule.rsplit_once('.')?.1.split_once("{fill:"));
    rules.collect()
}

/// WCAG 2.2, "relative luminance".
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn pictures_are_readable_in_a_light_and_in_a_dark_scheme() {
    for (name, picture) in pictures(Path::new("docs/captures")) {
        let sheet = picture.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let (light, dark) = sheet.split_once("@media (prefers-color-scheme: dark){").unwrap();
        let screens = [light, dark].map(|sheet| {
            let fills = fills(sheet);
            let screen = luminance(fills["screen"]);
            for (class, fill) in fills.iter().filter(|(class, _)| **class != "screen") {
                let (one, other) = (luminance(fill) + 0.05, screen + 0.05);
                // WCAG 2.2, "contrast (minimum)", level AA.
                assert!(one.max(other) / one.min(other) >= 4.5, "{name}: {class} {fill}");
            }
            for line in picture.lines().filter(|line| line.starts_with("<text ")) {
                let class = line.split_once("class=\"").unwrap().1.split('"').next().unwrap();
                assert!(fills.contains_key(class) && !line.contains("fill="), "{name}: {line}");
            }
            screen
        });
        assert!(screens[0] > 0.8 && screens[1] < 0.1, "{name}: {screens:?}");
    }
}
