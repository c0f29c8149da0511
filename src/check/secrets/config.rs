//! Secrets in the image configuration.

use crate::check::wording::few;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::probes::secrets;

/// A key in ENV or in the history, where every user who can pull the image can read it. The level is this
/// project's decision.
pub const CHECK: Check = Check {
    id: "secret-config",
    group: Group::Secrets,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("secret-config"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let holds = |text: &str| secrets::find("", text.as_bytes()).first().map(|secret| secret.kind);
    let mut faults = Vec::new();
    let fix = "leave it out, revoke it if the image was pushed, and read it from Secrets Manager, or take the function's role";
    for pair in subject.words("Env") {
        if let Some(kind) = holds(pair) {
            let name = pair.split('=').next().unwrap_or_default();
            let message = format!("ENV {} has {}", few(&[name]), kind.name());
            faults.push(Fault::new(Location::Config("config.Env".into()), message, fix));
        }
    }
    let history = subject.view.config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
    for (at, entry) in history.iter().enumerate() {
        if let Some(kind) = entry["created_by"].as_str().and_then(holds) {
            let message = format!("the command of history entry {at} has {}", kind.name());
            faults.push(Fault::new(
                Location::Config("history".into()),
                message,
                "pass it with `RUN --mount=type=secret`, not with ARG",
            ));
        }
    }
    faults
}
