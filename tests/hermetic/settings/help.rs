//! Help: every option under its heading, and examples that are command lines.

use std::collections::BTreeMap;

use crate::harness::common::{Place, must};

/// The headings of `build --help` and `deploy --help`, and the options under each. Other commands have some of these
/// options.
const HEADINGS: &[(&str, &[&str])] = &[
    (
        "Function",
        &[
            "--runtime",
            "--arch",
            "--handler",
            "--pre-build",
            "--step",
            "--profile",
            "--bootstrap",
            "--exclude",
            "--no-default-excludes",
        ],
    ),
    (
        "Image",
        &[
            "--base",
            "--base-repository",
            "--lambda-layer",
            "--extension",
            "--add",
            "--env",
            "--label",
            "--annotation",
            "--entrypoint",
            "--cmd",
            "--workdir",
            "--media-types",
            "--single-layer",
            "--locked",
        ],
    ),
    (
        "Output and push",
        &["--output", "--tag", "--push", "--create-repository", "--attest", "--sign-key", "--dry-run"],
    ),
    ("Checks", &["--allow", "--all-layers"]),
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
        "Cache and parallel work",
        &[
            "--no-cache",
            "--refresh",
            "--audit-steps",
            "--cache-dir",
            "--jobs",
            "--registry-cache",
            "--registry-cache-write",
            "--registry-cache-verify",
        ],
    ),
    (
        "Configuration in Lambda",
        &[
            "--set-env",
            "--memory",
            "--function-timeout",
            "--tmp-size",
            "--environment-concurrency",
            "--function-name",
            "--region",
            "--no-network",
            "--no-sandbox",
            "--pass-credentials",
            "--aws-profile",
            "--snapstart",
        ],
    ),
    (
        "Many functions and CI",
        &["--all", "--changed-since", "--watch", "--fail-fast", "--image-refs", "--metadata-file", "--ci"],
    ),
    (
        "Deployment",
        &[
            "--function",
            "--alias",
            "--publish",
            "--plan",
            "--create",
            "--role",
            "--try",
            "--canary",
            "--for",
            "--alarm",
            "--wait",
            "--to",
            "--account",
            "--in-use",
            "--delete",
            "--archive",
            "--policy",
            "--tag-in-use",
            "--keep-last",
            "--keep-days",
            "--accounts-complete",
            "--require-verified",
        ],
    ),
];

/// The heading of the options about a function, in commands that build it only to look at its image.
const LOOKED_AT: &str = "Function that is built";

/// The options of a command that are its own, although `build` has an option of the same name.
const OWN: &[(&str, &[&str])] = &[
    ("push", &["--arch", "--create-repository", "--attest"]),
    ("rebase", &["--to", "--arch", "--plan", "--push", "--tag", "--repository", "--runtime", "--profile"]),
    ("attest", &["--arch", "--attest"]),
    ("verify", &["--arch", "--policy"]),
    ("check", &["--arch", "--allow", "--all-layers", "--region", "--snapstart"]),
    ("inspect", &["--arch", "--all-layers"]),
    ("sbom", &["--arch", "--output"]),
    ("invoke", &["--arch", "--watch"]),
    ("diff", &["--arch", "--all-layers"]),
    ("login", &["--username", "--password-stdin"]),
    ("auth check", &["--push", "--role", "--policy", "--tag-in-use"]),
    ("base", &["--runtime", "--arch", "--create-repository"]),
    ("cache", &["--dry-run"]),
    ("runtimes", &["--all"]),
    ("deploy", &["--profile", "--tag"]),
    ("rollback", &["--profile"]),
];

/// The most lines of `-h`: it is seen without scrolling.
const SCREEN: usize = 50;

/// The columns of the terminal for which `-h` is short.
const COLUMNS: &str = "100";

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

/// The heading under which an option of a command is expected.
fn expected(words: &str, option: &str) -> &'static str {
    let own = OWN.iter().find(|(command, _)| words.split(' ').next() == Some(command) || words == *command);
    if own.is_some_and(|(_, options)| options.contains(&option)) {
        return "Options";
    }
    let heading = HEADINGS.iter().find(|(_, names)| names.contains(&option)).map(|(heading, _)| *heading);
    let looks = ["check", "inspect", "invoke", "diff", "sbom"].contains(&words);
    match heading {
        Some("Function" | "Image") if looks => LOOKED_AT,
        Some(heading) => heading,
        None => "Options",
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
            assert_eq!(heading, expected(words, &option), "{words} {option}");
            *seen.entry(heading).or_insert(0) += 1;
        }
    }
    assert!(seen["Registries"] > 70 && seen["Options"] > 120, "{seen:?}");
    let (of_function, of_image) = (HEADINGS[0].1.len(), HEADINGS[1].1.len());
    // The architecture is an option of the commands themselves.
    assert_eq!(seen[LOOKED_AT], 5 * (of_function - 1 + of_image), "{seen:?}");
}

#[test]
fn the_short_help_is_one_screen_and_leads_to_the_long_one() {
    let place = Place::new();
    let mut all = Vec::new();
    commands(&place, "", &mut all);
    for words in &all {
        let asked =
            |option: &str| must(place.tool(&format!("{words} {option}")).env("COLUMNS", COLUMNS)).stdout;
        let (short, long) = (asked("-h"), asked("--help"));
        let lines = short.lines().count();
        assert!(lines <= SCREEN, "{words}: {lines} lines\n{short}");
        assert!(short.lines().all(|line| line.len() <= 100), "{words}: {short}");
        let (short, long) = (headings(&short), headings(&long));
        assert!(short.keys().all(|option| long.contains_key(option)), "{words}");
        let left_out = long.keys().filter(|option| !short.contains_key(*option) && *option != "--color");
        let pointer = format!("`lambda-img {words} --help` explains all options.");
        let leads = asked("-h").trim_end().ends_with(&pointer);
        assert_eq!(leads, left_out.count() > 0, "{words}");
    }
    let build = must(place.tool("build -h").env("COLUMNS", COLUMNS)).stdout;
    assert!((24..=SCREEN).contains(&build.lines().count()), "{build}");
    let common = headings(&build);
    for option in
        ["--runtime", "--arch", "--handler", "--base", "--env", "--output", "--tag", "--push", "--all"]
    {
        assert!(common.contains_key(option), "{option}: {build}");
    }
}

#[test]
fn every_heading_of_the_long_help_has_an_example() {
    let place = Place::new();
    let mut all = Vec::new();
    commands(&place, "", &mut all);
    let mut seen = 0;
    for words in &all {
        let help = must(&mut place.tool(&format!("{words} --help"))).stdout;
        let (mut heading, mut found) = ("", BTreeMap::new());
        for line in help.lines() {
            if let Some(head) = line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
                heading = head;
            }
            // Help, version and colour are the same everywhere, and need none.
            let is_common = ["-h, --help", "-V, --version", "--color"].iter().any(|one| line.contains(one));
            let is_entry = line.starts_with("  ") && !line.starts_with("          ") && !is_common;
            if is_entry && !["Commands", "Examples", ""].contains(&heading) {
                found.entry(heading).or_insert(false);
            }
            if line.trim_start().starts_with("Example: ") {
                found.insert(heading, true);
            }
        }
        let without: Vec<_> = found.iter().filter(|(_, has)| !**has).collect();
        assert!(without.is_empty(), "{words}: {without:?}");
        seen += found.len();
    }
    assert!(seen > 60, "{seen}");
}
