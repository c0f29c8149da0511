//! The README says what is true: its table of runtimes is the tool's, its options exist.
//! (`.ci/run` runs its two commands as they stand.)

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

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
    let commands = ["build", "check", "runtimes", "base lock", "base list", "cache info", "cache prune", "version"];
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
    let others = ["--", "--path", "--locked", "--release"];
    let unknown: Vec<_> =
        named.iter().filter(|name| !others.contains(&name.as_str()) && !known.contains(*name)).collect();
    assert!(named.len() > 10, "{named:?}");
    assert!(unknown.is_empty(), "{unknown:?}");
}
