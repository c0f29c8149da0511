//! Check: AWS's entry script takes exactly one argument.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// R8: AWS's entry script wants one argument, the handler.
pub const CHECK: Check = Check {
    id: "handler-count",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: Some("entrypoint requires the handler name to be the first argument"),
    page: page!("handler-count"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let count = subject.words("Entrypoint").len().saturating_sub(1) + subject.words("Cmd").len();
    if !subject.has_aws_entrypoint() || count == 1 {
        return Vec::new();
    }
    let message =
        format!("AWS's entry script gets {count} arguments and wants one, the handler: it exits with 142");
    let fix = match count {
        0 => "set CMD to the handler, such as `CMD [\"app.handler\"]`",
        _ => "write CMD as a list of one: `CMD [\"app.handler\"]`, not `CMD app.handler`",
    };
    vec![Fault::new(Location::Config("config.Cmd".into()), message, fix)]
}
