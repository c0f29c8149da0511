//! Examples of every command, for help and manual: a test has clap read each.

use clap::Command;

/// A command line, and what it is for.
pub type Example = (&'static str, &'static str);

/// By the words of the command.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            #[cfg(feature = "init")]
            ("Write lambda-img.toml for the function here", "lambda-img init"),
            ("Build its image into oci:lambda-image", "lambda-img build"),
            ("Find what Lambda would refuse or break in an image", "lambda-img check oci:lambda-image"),
        ],
    ),
    (
        "build",
        &[
            ("Build a directory into an OCI image layout", "lambda-img build fn -r python3.13 -o oci:out:v1"),
            (
                "Build for arm64 and push to Amazon ECR",
                "lambda-img build fn -r nodejs22.x -a arm64 --push \\\n    -t 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn:v1",
            ),
            (
                "Build a static program without a base image",
                "lambda-img build fn -r provided.al2023 -b embedded",
            ),
            ("Build every function of lambda-img.toml", "lambda-img build --all"),
            ("Find the digest, and write nothing", "lambda-img build --dry-run"),
        ],
    ),
    (
        "config",
        &[
            ("Show each value of the production profile, and its origin", "lambda-img config --profile prod"),
            ("Write the JSON Schema for an editor", "lambda-img config --schema"),
        ],
    ),
    #[cfg(feature = "init")]
    ("init", &[("Describe the functions below a directory", "lambda-img init services")]),
    (
        "push",
        &[
            ("Push what was built", "lambda-img push oci:out:v1 registry.example/team/fn:v1"),
            (
                "Copy an image from one registry to two others",
                "lambda-img push registry.example/fn:v1 eu.example/fn:v1 us.example/fn:v1",
            ),
        ],
    ),
    (
        "check",
        &[
            ("Check what was built", "lambda-img check oci:lambda-image"),
            ("Check what a build would make of a directory", "lambda-img check ./fn -r python3.13"),
            ("Refuse warnings of one kind, too", "lambda-img check oci:out:v1 --deny handler-symbol"),
            ("Write a log for code scanning", "lambda-img check docker-archive:image.tar --sarif"),
        ],
    ),
    (
        "explain",
        &[
            ("List all checks, and what their grades mean", "lambda-img explain"),
            ("Read the page of one", "lambda-img explain start-format"),
        ],
    ),
    (
        "inspect",
        &[
            ("Show what an image holds, starts and weighs", "lambda-img inspect oci:out:v1"),
            ("List every file of its layers", "lambda-img inspect oci:out:v1 --files"),
        ],
    ),
    (
        "diff",
        &[
            ("Explain why two builds differ", "lambda-img diff oci:out:v1 oci:out:v2"),
            ("Compare a registry with the directory here", "lambda-img diff registry.example/fn:v1 ."),
        ],
    ),
    (
        "login",
        &[
            ("Log in, asked for user and password", "lambda-img login registry.example"),
            (
                "Log in with a password from a program",
                "pass show registry | lambda-img login registry.example -u me --password-stdin",
            ),
        ],
    ),
    ("logout", &[("Forget the login to a registry", "lambda-img logout registry.example")]),
    ("auth", &[("See whether you may push", "lambda-img auth check registry.example/team/fn --push")]),
    (
        "auth check",
        &[
            ("See which credential a registry gets", "lambda-img auth check registry.example"),
            ("See whether you may push", "lambda-img auth check registry.example/team/fn --push"),
        ],
    ),
    ("base", &[("Pin the base of a runtime", "lambda-img base lock -r python3.13")]),
    ("base list", &[("List what is pinned", "lambda-img base list")]),
    (
        "base lock",
        &[("Pin the base of a runtime for one architecture", "lambda-img base lock -r python3.13 -a arm64")],
    ),
    ("base update", &[("Move every pin to what the registry has now", "lambda-img base update")]),
    ("base verify", &[("Compare the pinned bases with what is known of them", "lambda-img base verify")]),
    ("base pull", &[("Fetch the pinned bases, to build with --offline", "lambda-img base pull")]),
    ("cache", &[("Keep at most 5 GB", "lambda-img cache prune --max-size 5GB")]),
    ("cache info", &[("Show the size and the place of the cache", "lambda-img cache info")]),
    ("cache verify", &[("Remove files that a broken disk corrupted", "lambda-img cache verify")]),
    (
        "cache prune",
        &[("Remove files that were not used for 30 days", "lambda-img cache prune --older-than 30")],
    ),
    ("runtimes", &[("List the runtimes that Lambda has dropped, too", "lambda-img runtimes --all")]),
    (
        "completions",
        &[(
            "Complete in bash from the next login on",
            "lambda-img completions bash > ~/.local/share/bash-completion/completions/lambda-img",
        )],
    ),
    (
        "version",
        &[("Print the versions that decide the bytes of images, as JSON", "lambda-img version --json")],
    ),
    ("man", &[("Write the manual for `man`", "lambda-img man ~/.local/share/man/man1")]),
];

/// The examples of a command, by its words.
pub fn of(words: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(command, _)| *command == words).map_or(&[], |(_, examples)| examples)
}

/// Adds the examples to the help of a command line and of all its commands.
pub fn add_to(command: Command) -> Command {
    with("", command)
}

fn with(words: &str, mut command: Command) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names {
        let words = format!("{words} {name}");
        command = command.mut_subcommand(name, |one| with(words.trim(), one));
    }
    match of(words) {
        [] => command,
        examples => {
            let lines = examples.iter().map(|(what, line)| format!("  # {what}\n  {line}"));
            command.after_help(format!("Examples:\n{}", lines.collect::<Vec<_>>().join("\n")))
        }
    }
}
