//! Examples of every command, for its help and its manual page. A test parses each.

/// What a command line does, and the command line.
pub type Example = (&'static str, &'static str);

/// By the words of the command.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            #[cfg(feature = "init")]
            ("Write lambda-img.toml for the function here", "lambda-img init"),
            ("Build its image into oci:lambda-image", "lambda-img build"),
            ("Find what Lambda would refuse in the image", "lambda-img check oci:lambda-image"),
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
            ("Print the digest, and write nothing", "lambda-img build --dry-run"),
        ],
    ),
    (
        "config",
        &[
            (
                "Show each value with the profile prod, and where it comes from",
                "lambda-img config --profile prod",
            ),
            ("Write the JSON Schema for an editor", "lambda-img config --schema"),
        ],
    ),
    #[cfg(feature = "init")]
    (
        "init",
        &[(
            "Find the functions below a directory, and write services/lambda-img.toml",
            "lambda-img init services",
        )],
    ),
    (
        "push",
        &[
            ("Push an image that was built", "lambda-img push oci:out:v1 registry.example/team/fn:v1"),
            (
                "Copy an image from one registry to two others",
                "lambda-img push registry.example/fn:v1 eu.example/fn:v1 us.example/fn:v1",
            ),
        ],
    ),
    #[cfg(feature = "aws")]
    (
        "deploy",
        &[
            ("Print what a deployment would change", "lambda-img deploy orders --plan"),
            (
                "Deploy a function of lambda-img.toml, and move its alias",
                "lambda-img deploy orders --alias live",
            ),
            (
                "Deploy an image to a function",
                "lambda-img deploy 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn:v1 --function orders",
            ),
            (
                "Send 10 % of the invocations to the new version for five minutes",
                "lambda-img deploy orders --alias live --canary 10% --for 5m",
            ),
        ],
    ),
    #[cfg(feature = "aws")]
    (
        "rollback",
        &[
            ("Move an alias back to the version before", "lambda-img rollback orders --alias live"),
            ("Move it to a version", "lambda-img rollback orders --alias live --to 7"),
        ],
    ),
    #[cfg(feature = "aws")]
    (
        "images",
        &[(
            "List the images of a repository, and the functions that use them",
            "lambda-img images 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn --in-use",
        )],
    ),
    #[cfg(feature = "aws")]
    (
        "prune",
        &[
            (
                "Print which images no function uses",
                "lambda-img prune 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn",
            ),
            (
                "Delete them, and keep the last 20",
                "lambda-img prune 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn --keep-last 20 --delete",
            ),
        ],
    ),
    (
        "check",
        &[
            ("Check an image that was built", "lambda-img check oci:lambda-image"),
            ("Check a function without building an image on disk", "lambda-img check ./fn -r python3.13"),
            (
                "Fail if a check finds something that is only a warning",
                "lambda-img check oci:out:v1 --deny handler-symbol",
            ),
            ("Write a log for code scanning", "lambda-img check docker-archive:image.tar --sarif"),
        ],
    ),
    (
        "explain",
        &[
            ("List all checks", "lambda-img explain"),
            ("Explain one check", "lambda-img explain start-format"),
        ],
    ),
    (
        "inspect",
        &[
            ("Show the layers, sizes and configuration of an image", "lambda-img inspect oci:out:v1"),
            ("List every file of an image", "lambda-img inspect oci:out:v1 --files"),
        ],
    ),
    #[cfg(target_os = "linux")]
    (
        "invoke",
        &[
            ("Run a function with an event", "lambda-img invoke fn -r python3.13 --event '{\"id\":1}'"),
            ("Run an image that was built", "lambda-img invoke oci:lambda-image --event event.json"),
            ("Serve a function for SDKs and the AWS CLI", "lambda-img invoke fn -r python3.13 --serve"),
        ],
    ),
    (
        "diff",
        &[
            ("Explain why two builds have different digests", "lambda-img diff oci:out:v1 oci:out:v2"),
            (
                "Compare an image in a registry with the function in this directory",
                "lambda-img diff registry.example/fn:v1 .",
            ),
        ],
    ),
    (
        "rebase",
        &[
            (
                "Show what the new base of the runtime would change",
                "lambda-img rebase registry.example/team/fn:v1",
            ),
            (
                "Push the image on that base, with a new tag",
                "lambda-img rebase registry.example/team/fn:v1 --push",
            ),
            (
                "Put an image on a base of your own",
                "lambda-img rebase registry.example/team/fn:v1 --to registry.example/team/base:v2",
            ),
        ],
    ),
    (
        "sbom",
        &[
            ("Write the packages of an image to a file", "lambda-img sbom oci:out:v1 --output sbom.json"),
            ("List the packages of a function as SPDX", "lambda-img sbom ./fn -r python3.13 --format spdx"),
        ],
    ),
    (
        "attest",
        &[
            ("Attach the list of packages to an image", "lambda-img attest registry.example/team/fn:v1"),
            (
                "Sign an image",
                "lambda-img attest registry.example/team/fn:v1 --attest signature --sign-key sign.key",
            ),
        ],
    ),
    (
        "verify",
        &[
            ("Require a signature", "lambda-img verify registry.example/team/fn:v1 --key sign.pub"),
            (
                "Require all that a policy asks for",
                "lambda-img verify registry.example/team/fn:v1 --policy policy.toml",
            ),
            (
                "Build its commit again and require the same digest",
                "lambda-img verify registry.example/team/fn:v1 --rebuild orders",
            ),
        ],
    ),
    (
        "login",
        &[
            ("Log in, and enter user and password at the terminal", "lambda-img login registry.example"),
            (
                "Log in with a password from a program",
                "pass show registry | lambda-img login registry.example -u me --password-stdin",
            ),
        ],
    ),
    ("logout", &[("Remove the login to a registry", "lambda-img logout registry.example")]),
    ("auth", &[("Check whether you may push", "lambda-img auth check registry.example/team/fn --push")]),
    (
        "auth check",
        &[
            ("Show the credential for a registry", "lambda-img auth check registry.example"),
            ("Check whether you may push", "lambda-img auth check registry.example/team/fn --push"),
        ],
    ),
    ("base", &[("Pin the base image of a runtime", "lambda-img base lock -r python3.13")]),
    ("base list", &[("List all pins", "lambda-img base list")]),
    (
        "base lock",
        &[(
            "Pin the base image of a runtime for one architecture",
            "lambda-img base lock -r python3.13 -a arm64",
        )],
    ),
    ("base update", &[("Update every pin to the current image of the registry", "lambda-img base update")]),
    (
        "base verify",
        &[("Compare the pinned base images with what their runtimes need", "lambda-img base verify")],
    ),
    ("base pull", &[("Fetch the pinned base images, to build with --offline", "lambda-img base pull")]),
    (
        "base sync",
        &[(
            "Copy the pinned base images into a repository of yours",
            "lambda-img base sync --base-repository registry.example/team/bases",
        )],
    ),
    (
        "cache",
        &[(
            "Remove the least recently used files, and keep at most 5 GB",
            "lambda-img cache prune --max-size 5GB",
        )],
    ),
    (
        "cache info",
        &[
            ("Show the path and the size of the cache", "lambda-img cache info"),
            (
                "Show what machines share in a repository",
                "lambda-img cache info --registry registry.example/team/cache",
            ),
        ],
    ),
    ("cache verify", &[("Remove corrupt files", "lambda-img cache verify")]),
    (
        "cache prune",
        &[
            ("Remove files that were not used for 30 days", "lambda-img cache prune --older-than 30"),
            (
                "Remove what machines shared in a repository and did not use for 90 days",
                "lambda-img cache prune --registry registry.example/team/cache --older-than 90",
            ),
        ],
    ),
    (
        "cache policy",
        &[(
            "Archive what was not used for 60 days, and delete it later",
            "lambda-img cache policy --older-than 60 > policy.json",
        )],
    ),
    (
        "runtimes",
        &[("List all runtimes, with those that AWS no longer supports", "lambda-img runtimes --all")],
    ),
    (
        "completions",
        &[(
            "Complete commands in bash, from the next login on",
            "lambda-img completions bash > ~/.local/share/bash-completion/completions/lambda-img",
        )],
    ),
    ("version", &[("Print what determines the bytes of images, for a program", "lambda-img version --json")]),
    ("man", &[("Write the manual pages for `man`", "lambda-img man ~/.local/share/man/man1")]),
];

/// The examples of a command, by its words.
pub fn of(words: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(command, _)| *command == words).map_or(&[], |(_, examples)| examples)
}
