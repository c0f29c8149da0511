//! Help: every option under its heading, and examples that are command lines.

use std::collections::BTreeMap;

use crate::harness::common::{Place, must};

/// The options that stand under another heading than `Options`, wherever they stand.
const ELSEWHERE: [(&str, &[&str]); 2] = [
    (
        "Registries",
        &[
            "--registry-mirror",
            "--insecure-registry",
            "--ca-cert",
            "--retries",
            "--timeout",
            "--username",
            "--password-stdin",
            "--offline",
        ],
    ),
    (
        "Many functions, and pipelines",
        &[
            "--all",
            "--changed-since",
            "--watch",
            "--fail-fast",
            "--refresh",
            "--audit-steps",
            "--image-refs",
            "--metadata-file",
            "--ci",
        ],
    ),
];

/// The options that say what the image of a function is made of.
const OF_IMAGE: [&str; 22] = [
    "--profile",
    "--pre-build",
    "--runtime",
    "--handler",
    "--base",
    "--step",
    "--bootstrap",
    "--lambda-layer",
    "--extension",
    "--add",
    "--exclude",
    "--no-default-excludes",
    "--env",
    "--label",
    "--annotation",
    "--entrypoint",
    "--cmd",
    "--workdir",
    "--media-types",
    "--single-layer",
    "--locked",
    "--no-cache",
];

/// The names of commands, and below each those of its own, as words.
fn commands(place: &Place, words: &str, found: &mut Vec<String>) {
    let help = must(&mut place.tool(&format!("{words} --help"))).stdout;
    found.push(words.to_owned());
    let Some((_, below)) = help.split_once("\nCommands:\n") else { return };
    let names = below.lines().take_while(|line| !line.is_empty());
    for name in
        names.filter(|line| line.as_bytes()[2] != b' ').filter_map(|line| line.split_whitespace().next())
    {
        if name != "help" {
            commands(place, format!("{words} {name}").trim(), found);
        }
    }
}

/// The long names of the options of a help text, and the heading over each.
fn headings(help: &str) -> BTreeMap<String, String> {
    let (mut heading, mut found) = (String::new(), BTreeMap::new());
    for line in help.lines() {
        if let Some(head) = line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            heading = head.to_owned();
        }
        // An option's line begins with its names; where they are explained, none begins so.
        let begins = line.trim_start().starts_with('-') && line.len() - line.trim_start().len() <= 6;
        let long = line.split([' ', ',', '=']).find(|word| word.starts_with("--")).filter(|_| begins);
        if let Some(long) = long {
            found.insert(long.trim_end_matches("...").to_owned(), heading.clone());
        }
    }
    found
}

#[test]
fn the_help_of_every_command_has_examples() {
    let place = Place::new();
    let mut all = Vec::new();
    commands(&place, "", &mut all);
    for words in &all {
        let help = must(&mut place.tool(&format!("{words} --help"))).stdout;
        let examples = help.split_once("\nExamples:\n").map_or("", |(_, examples)| examples);
        // Not what tells what they are for, and not where a long one goes on.
        let begins = |line: &&str| !line.starts_with("  #") && !line.starts_with("   ");
        let lines: Vec<_> = examples.lines().filter(begins).collect();
        let of_it = |line: &&&str| line.contains(format!("lambda-img {words}").trim_end());
        assert!(!lines.is_empty() && lines.iter().all(|line| of_it(&line)), "{words}: {examples}");
        // Each says what it is for.
        assert_eq!(examples.matches("  # ").count(), lines.len(), "{words}: {examples}");
    }
}

#[test]
fn every_option_of_every_command_stands_under_its_heading() {
    let place = Place::new();
    let mut all = Vec::new();
    commands(&place, "", &mut all);
    assert!(all.len() >= 24, "{all:?}");
    let mut seen = BTreeMap::new();
    for words in &all {
        let help = must(&mut place.tool(&format!("{words} --help"))).stdout;
        for (option, heading) in headings(&help) {
            // `runtimes` has an `--all` of its own, and what `login` does is to take a password.
            let of_build = ["build", "config"].contains(&words.as_str());
            let of_login = ["--username", "--password-stdin"].contains(&option.as_str()) && words == "login";
            let here =
                ELSEWHERE.iter().filter(|(group, _)| (*group == "Registries" && !of_login) || of_build);
            let place = here.clone().find(|(_, names)| names.contains(&option.as_str()));
            let expected = place.map_or("Options", |(group, _)| group);
            // Of `build`, in commands that look at what it would make.
            let looks = ["check", "inspect", "diff"].contains(&words.as_str());
            let of_image = looks && OF_IMAGE.contains(&option.as_str());
            let expected = if of_image { "A function that is built" } else { expected };
            assert_eq!(heading, expected, "{words} {option}");
            *seen.entry(heading).or_insert(0) += 1;
        }
    }
    assert!(seen["Registries"] > 70 && seen["Options"] > 150, "{seen:?}");
    assert_eq!(seen["A function that is built"], 3 * OF_IMAGE.len(), "{seen:?}");
}
