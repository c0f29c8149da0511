//! Examples of options, which `--help` shows under the option: at least one under each heading. Tests parse each, and
//! look for it under each heading.

use clap::Arg;

use crate::cli::options::headings;

/// What the examples of a command begin with. A command that is not here has examples of its own alone.
const BEGINNINGS: &[(&str, &str)] = &[
    ("build", "lambda-img build fn"),
    ("config", "lambda-img config orders"),
    ("init", "lambda-img init services"),
    ("deploy", "lambda-img deploy orders"),
    ("rollback", "lambda-img rollback orders"),
    ("images", "lambda-img images r.example/fn"),
    ("prune", "lambda-img prune r.example/fn"),
    ("push", "lambda-img push oci:out r.example/fn:v1"),
    ("check", "lambda-img check oci:out:v1"),
    ("explain", "lambda-img explain start-format"),
    ("inspect", "lambda-img inspect oci:out:v1"),
    #[cfg(target_os = "linux")]
    ("invoke", "lambda-img invoke fn"),
    ("diff", "lambda-img diff oci:out:v1 oci:out:v2"),
    ("rebase", "lambda-img rebase r.example/fn:v1"),
    ("sbom", "lambda-img sbom oci:out:v1"),
    ("attest", "lambda-img attest r.example/fn:v1"),
    ("verify", "lambda-img verify r.example/f --key k"),
    ("login", "lambda-img login registry.example"),
    ("logout", "lambda-img logout registry.example"),
    ("auth check", "lambda-img auth check registry.example"),
    ("base list", "lambda-img base list"),
    ("base lock", "lambda-img base lock"),
    ("base update", "lambda-img base update"),
    ("base verify", "lambda-img base verify"),
    ("base pull", "lambda-img base pull"),
    ("base sync", "lambda-img base sync"),
    ("cache info", "lambda-img cache info"),
    ("cache verify", "lambda-img cache verify"),
    ("cache prune", "lambda-img cache prune"),
    ("cache policy", "lambda-img cache policy"),
    ("runtimes", "lambda-img runtimes"),
    ("version", "lambda-img version"),
];

/// The same for options about a function, in commands whose examples are otherwise about an image.
const OF_A_FUNCTION: &[(&str, &str)] = &[
    ("check", "lambda-img check fn"),
    ("inspect", "lambda-img inspect fn"),
    ("diff", "lambda-img diff oci:out:v1 fn"),
    ("sbom", "lambda-img sbom fn"),
];

/// How an option is used, in every command that has it.
const EVERYWHERE: &[(&str, &str)] = &[
    ("runtime", "--runtime nodejs22.x"),
    ("pre-build", "--pre-build make"),
    ("exclude", "--exclude 'tests/**'"),
    ("base", "--base registry.example/team/base:v2"),
    ("base-repository", "--base-repository registry.example/bases"),
    ("lambda-layer", "--lambda-layer layer.zip"),
    ("add", "--add certificates/ca.pem:/etc/ssl/ca.pem"),
    ("env", "--env LOG_LEVEL=debug --env STAGE=test"),
    ("output", "--output docker-archive:image.tar:fn:v1"),
    ("tag", "--push --tag registry.example/team/fn:v1"),
    ("allow", "--allow handler-missing"),
    ("registry-mirror", "--registry-mirror docker.io=hub.example"),
    ("ca-cert", "--ca-cert /etc/ssl/company.pem"),
    ("registry-cache", "--registry-cache registry.example/team/cache"),
    ("registry-cache-verify", "--registry-cache-verify 5%"),
    ("cache-dir", "--cache-dir /var/cache/lambda-img"),
    ("alias", "--alias live"),
    ("json", "--json"),
];

/// Examples of one command.
const OF_COMMANDS: &[(&str, &str, &str)] = &[
    ("build", "path", "lambda-img build orders payments"),
    ("build", "all", "lambda-img build --all --push --ci github"),
    ("build", "changed-since", "lambda-img build --changed-since origin/main"),
    ("config", "path", "lambda-img config orders"),
    ("config", "schema", "lambda-img config --schema > lambda-img.schema.json"),
    ("init", "dir", "lambda-img init services"),
    ("push", "targets", "lambda-img push oci:out:v1 eu.example/fn:v1 us.example/fn:v1"),
    ("deploy", "what", "lambda-img deploy orders payments --jobs 2"),
    ("deploy", "all", "lambda-img deploy --all --jobs 4"),
    ("deploy", "tag", "lambda-img deploy orders --tag registry.example/fn:v2"),
    ("deploy", "create", "lambda-img deploy orders --create --role arn:aws:iam::123456789012:role/orders"),
    ("deploy", "tag-in-use", "lambda-img deploy orders --alias live --tag-in-use"),
    ("rollback", "name", "lambda-img rollback orders --alias live"),
    ("images", "repositories", "lambda-img images 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn"),
    ("images", "in-use", "lambda-img images 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn --in-use"),
    ("prune", "repositories", "lambda-img prune 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn"),
    ("prune", "archive", "lambda-img prune 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn --archive"),
    ("prune", "policy", "lambda-img prune 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn --policy"),
    ("prune", "delete", "lambda-img prune 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn --delete"),
    ("check", "source", "lambda-img check docker-archive:image.tar"),
    ("check", "deny", "lambda-img check oci:out:v1 --deny handler-symbol,size-budget"),
    ("check", "max-size", "lambda-img check oci:out:v1 --max-size 250MB"),
    ("explain", "id", "lambda-img explain start-format"),
    ("inspect", "source", "lambda-img inspect registry.example/team/fn:v1"),
    ("inspect", "layer", "lambda-img inspect oci:out:v1 --layer 0 --files"),
    ("inspect", "max-size", "lambda-img inspect oci:out:v1 --max-size 250MB"),
    #[cfg(target_os = "linux")]
    ("invoke", "source", "lambda-img invoke registry.example/team/fn:v1"),
    #[cfg(target_os = "linux")]
    ("invoke", "event", "lambda-img invoke fn --event event.json"),
    #[cfg(target_os = "linux")]
    ("invoke", "list-events", "lambda-img invoke --list-events sqs > event.json"),
    #[cfg(target_os = "linux")]
    ("invoke", "serve", "lambda-img invoke fn --serve 9000"),
    #[cfg(target_os = "linux")]
    ("invoke", "url", "lambda-img invoke fn --serve --url"),
    #[cfg(target_os = "linux")]
    #[cfg(feature = "watch")]
    ("invoke", "watch", "lambda-img invoke fn --serve --watch"),
    #[cfg(target_os = "linux")]
    ("invoke", "set-env", "lambda-img invoke fn --set-env TABLE=orders --set-env LOG_LEVEL"),
    #[cfg(target_os = "linux")]
    ("invoke", "snapstart", "lambda-img invoke fn --snapstart"),
    #[cfg(target_os = "linux")]
    (
        "invoke",
        "environment-concurrency",
        "lambda-img invoke fn --serve --environment-concurrency 16 --memory 2048",
    ),
    #[cfg(target_os = "linux")]
    ("invoke", "aws-profile", "lambda-img invoke fn --aws-profile staging"),
    #[cfg(target_os = "linux")]
    ("invoke", "memory", "lambda-img invoke fn --memory 512 --function-timeout 30"),
    ("diff", "b", "lambda-img diff oci:out:v1 registry.example/team/fn:v1"),
    ("diff", "exit-code", "lambda-img diff oci:out:v1 oci:out:v2 --exit-code"),
    ("rebase", "images", "lambda-img rebase registry.example/team/fn:v1 registry.example/team/api:v1"),
    ("rebase", "account", "lambda-img rebase --account 123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
    #[cfg(target_os = "linux")]
    ("rebase", "events", "lambda-img rebase registry.example/team/fn:v1 --try event.json"),
    #[cfg(target_os = "linux")]
    ("rebase", "memory", "lambda-img rebase r.example/fn:v1 --try event.json --memory 512 --set-env TABLE=x"),
    ("rebase", "runtime", "lambda-img rebase registry.example/team/fn:v1 --runtime python3.13"),
    ("rebase", "to", "lambda-img rebase registry.example/team/fn:v1 --to registry.example/team/base:v2"),
    ("rebase", "assume-base", "lambda-img rebase oci:out:v1 --assume-base oci:base:v1 --to oci:base:v2"),
    ("rebase", "plan", "lambda-img rebase registry.example/team/fn:v1 --plan"),
    ("rebase", "push", "lambda-img rebase registry.example/team/fn:v1 --push"),
    ("rebase", "new_tag", "lambda-img rebase registry.example/team/fn:v1 --push --tag v2"),
    ("rebase", "repository", "lambda-img rebase oci:out:v1 --push --repository registry.example/fn"),
    ("rebase", "all-files", "lambda-img rebase registry.example/team/fn:v1 --all-files"),
    ("sbom", "source", "lambda-img sbom registry.example/team/fn:v1"),
    ("sbom", "format", "lambda-img sbom oci:out:v1 --format spdx"),
    ("sbom", "output", "lambda-img sbom oci:out:v1 --output sbom.json"),
    ("attest", "image", "lambda-img attest registry.example/team/fn:v1 --arch arm64"),
    ("attest", "attest", "lambda-img attest registry.example/team/fn:v1 --attest sbom,spdx"),
    ("attest", "sign-key", "lambda-img attest registry.example/team/fn:v1 --sign-key sign.key"),
    ("push", "attest", "lambda-img push oci:out r.example/fn:v1 --attest sbom"),
    ("push", "with-referrers", "lambda-img push a.example/fn:v1 b.example/fn:v1 --with-referrers"),
    ("push", "sign-key", "lambda-img push oci:out r.example/fn:v1 --attest sbom --sign-key sign.key"),
    ("build", "sign-key", "lambda-img build fn --push -t r.example/fn:v1 --attest sbom --sign-key sign.key"),
    ("verify", "image", "lambda-img verify registry.example/team/fn:v1 --key sign.pub --arch arm64"),
    ("verify", "policy", "lambda-img verify registry.example/team/fn:v1 --policy policy.toml"),
    ("verify", "key", "lambda-img verify registry.example/team/fn:v1 --key sign.pub"),
    ("verify", "rebuild", "lambda-img verify registry.example/team/fn:v1 --key sign.pub --rebuild orders"),
    ("verify", "attestation", "lambda-img verify r.example/fn:v1 --key sign.pub --attestation sbom"),
    ("deploy", "require-verified", "lambda-img deploy orders --require-verified policy.toml"),
    ("login", "host", "lambda-img login registry.example:5000"),
    ("login", "password-stdin", "lambda-img login registry.example -u me --password-stdin < token.txt"),
    ("logout", "host", "lambda-img logout registry.example:5000"),
    ("logout", "quiet", "lambda-img logout registry.example --quiet"),
    ("auth check", "registry", "lambda-img auth check registry.example"),
    ("auth check", "tag-in-use", "lambda-img auth check r.example/fn --deploy orders --tag-in-use"),
    ("auth check", "policy", "lambda-img auth check r.example/cache --policy cache-read"),
    ("auth check", "push", "lambda-img auth check registry.example/team/fn --push"),
    ("base lock", "arch", "lambda-img base lock --runtime python3.13 --arch arm64"),
    ("cache info", "registry", "lambda-img cache info --registry registry.example/team/cache"),
    ("cache prune", "registry", "lambda-img cache prune --registry registry.example/cache --older-than 90"),
    ("cache prune", "entry", "lambda-img cache prune --registry r.example/cache --entry cache-2-step-8f43…"),
    ("cache prune", "max-size", "lambda-img cache prune --max-size 5GB"),
    ("cache policy", "older-than", "lambda-img cache policy --older-than 60"),
    ("cache prune", "older-than", "lambda-img cache prune --older-than 30"),
    ("runtimes", "all", "lambda-img runtimes --all"),
    ("completions", "shell", "lambda-img completions zsh"),
    ("man", "dir", "lambda-img man /usr/local/share/man/man1"),
];

/// Adds the example of an option to its long help, if it has one.
pub fn add(command: &str, arg: Arg) -> Arg {
    let Some(line) = of(command, &arg) else { return arg };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    arg.long_help(format!("{help}\n\nExample: {line}"))
}

fn of(command: &str, arg: &Arg) -> Option<String> {
    let name = arg.get_long().unwrap_or(arg.get_id().as_str());
    let own = OF_COMMANDS.iter().find(|(of, option, _)| (*of, *option) == (command, name));
    if let Some((.., line)) = own {
        return Some((*line).to_owned());
    }
    let find = |list: &[(&str, &'static str)], key: &str| {
        list.iter().find(|(one, _)| *one == key).map(|(_, found)| *found)
    };
    let is_of_function = arg.get_help_heading() == Some(headings::FUNCTION_THAT_IS_BUILT);
    let beginning = find(OF_A_FUNCTION, command).filter(|_| is_of_function);
    let beginning = beginning.or_else(|| find(BEGINNINGS, command))?;
    Some(format!("{beginning} {}", find(EVERYWHERE, name)?))
}
