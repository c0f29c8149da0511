//! Runtime interface clients on bases that are not AWS's.

use crate::check::function::has_aws_entrypoint;
use crate::check::{Check, Fault, Grade, Group, Level, Place, Subject};

/// The entry point starts AWS's client of a language, which the image does not have.
pub const MISSING: Check = Check {
    id: "runtime-client",
    group: Group::Start,
    level: Level::Deny,
    grade: Grade::A,
    says: None,
    page: page!("runtime-client"),
    run,
};

/// A client's name, in entry points and of its directory, and how to install it (developer guide,
/// "Creating images": clients of each language).
const CLIENTS: [(&str, &str); 3] = [
    ("awslambdaric", "pip install awslambdaric"),
    ("aws-lambda-ric", "npm install aws-lambda-ric"),
    ("aws_lambda_ric", "gem install aws_lambda_ric"),
];

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    if has_aws_entrypoint(subject) || !subject.tree.is_complete() {
        return Vec::new();
    }
    let words: Vec<_> = subject.words("Entrypoint").into_iter().chain(subject.words("Cmd")).collect();
    let starts = |client: &str| words.iter().any(|word| word.rsplit('/').next() == Some(client));
    let Some((client, install)) = CLIENTS.iter().find(|(client, _)| starts(client)) else {
        return Vec::new();
    };
    // Gems have their version in the name of their directory.
    if subject.tree.iter().any(|(path, _)| path.split('/').any(|part| part.starts_with(client))) {
        return Vec::new();
    }
    let message = format!("it starts the runtime interface client `{client}`, which is not in the image");
    vec![Fault::new(Place::Config("config.Entrypoint".into()), message, format!("install it: `{}`", install))]
}
