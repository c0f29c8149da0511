//! Checks: runtime interface clients on bases that AWS does not publish.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::probes::classes;
use crate::survey::{Fact, split};

/// The entry point starts AWS's client of a language, which the image does not have.
pub const MISSING: Check = Check {
    id: "runtime-client",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("runtime-client"),
    run: missing,
};

/// An interpreter is started, and the image has nothing that speaks with Lambda.
pub const NONE: Check = Check {
    id: "runtime-client-none",
    group: Group::Start,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("runtime-client-none"),
    run: none,
};

/// A client: what starts it, and how to install it (developer guide, "Creating images": clients of each
/// language). What starts it is also how its directory or file begins.
struct Client {
    word: &'static str,
    install: &'static str,
    interpreters: &'static [&'static str],
}

const CLIENTS: [Client; 4] = [
    Client {
        word: "awslambdaric",
        install: "`pip install awslambdaric`",
        interpreters: &["python", "pypy", "gunicorn", "uvicorn", "flask"],
    },
    Client {
        word: "aws-lambda-ric",
        install: "`npm install aws-lambda-ric`",
        interpreters: &["node", "npm", "npx", "yarn"],
    },
    Client {
        word: "aws_lambda_ric",
        install: "`gem install aws_lambda_ric`",
        interpreters: &["ruby", "bundle", "rackup"],
    },
    Client {
        word: JAVA,
        install: "`com.amazonaws:aws-lambda-java-runtime-interface-client` of Maven",
        interpreters: &["java"],
    },
];

/// The class that starts Java's client.
const JAVA: &str = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
const JAVA_JAR: &str = "aws-lambda-java-runtime-interface-client";

/// The variable that every client reads (developer guide, "Runtime API").
const API: &str = "AWS_LAMBDA_RUNTIME_API";

impl Client {
    fn is_in(&self, subject: &Subject<'_>) -> bool {
        if self.word == JAVA {
            return has_java(subject);
        }
        // Gems have their version in the name of their directory.
        subject.tree.iter().any(|(path, _)| path.split('/').any(|part| part.starts_with(self.word)))
    }
}

/// A jar of the client's name, the class itself, or a jar that has it or may have it: not all were read.
fn has_java(subject: &Subject<'_>) -> bool {
    let class = format!("{}.class", JAVA.replace('.', "/"));
    let number = classes::number(&class);
    subject.tree.iter().any(|(path, found)| {
        let all = || {
            let content = subject.tree.content(found)?;
            content.entry.facts.iter().find_map(|fact| match fact {
                Fact::Classes(classes) => Some(classes),
                _ => None,
            })
        };
        let name = split(path).1;
        path.ends_with(&class)
            || name.starts_with(JAVA_JAR)
            || (name.ends_with(".jar") && all().is_none_or(|all| all.binary_search(&number).is_ok()))
    })
}

/// The words that are started, where AWS's entry script is not, and every layer was read.
fn started<'a>(subject: &Subject<'a>) -> Option<Vec<&'a str>> {
    let known = !subject.has_aws_entrypoint() && subject.tree.is_complete();
    known.then(|| subject.words("Entrypoint").into_iter().chain(subject.words("Cmd")).collect())
}

fn named<'c>(words: &[&str]) -> Option<&'c Client> {
    CLIENTS.iter().find(|client| words.iter().any(|word| split(word).1 == client.word))
}

fn missing(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(client) = started(subject).and_then(|words| named(&words)) else { return Vec::new() };
    if client.is_in(subject) {
        return Vec::new();
    }
    let message =
        format!("it starts the runtime interface client `{}`, which is not in the image", client.word);
    vec![Fault::new(
        Location::Config("config.Entrypoint".into()),
        message,
        format!("install it: {}", client.install),
    )]
}

fn none(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(words) = started(subject) else { return Vec::new() };
    let Some(first) = words.first().map(|word| split(word).1).filter(|_| named(&words).is_none()) else {
        return Vec::new();
    };
    let by = |client: &&Client| {
        client.interpreters.iter().any(|name| {
            first.strip_prefix(name).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
        })
    };
    let Some(client) = CLIENTS.iter().find(by) else { return Vec::new() };
    // An extension may be the adapter of a web server; a program may speak with Lambda itself.
    let adapter = subject.tree.below("opt/extensions").next().is_some();
    if adapter || CLIENTS.iter().any(|client| client.is_in(subject)) || speaks(subject) {
        return Vec::new();
    }
    let message = format!(
        "it starts `{first}`, and has neither a runtime interface client nor an extension: nothing asks Lambda for events"
    );
    let fix = format!(
        "install and start a client ({}), or add the Lambda Web Adapter to a web server as an extension",
        client.install
    );
    vec![Fault::new(Location::Config("config.Entrypoint".into()), message, fix)]
}

/// Whether a source of the function asks for the address of the Runtime API.
fn speaks(subject: &Subject<'_>) -> bool {
    subject.tree.iter().flat_map(|(_, found)| &found.entry.facts).any(|fact| match fact {
        Fact::Words(words) => words.binary_search_by(|word| word.as_str().cmp(API)).is_ok(),
        _ => false,
    })
}
