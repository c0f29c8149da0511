//! Check: symbolic links to files that do not exist.

use super::faults::MOST;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject, is_on_aws_base};
use crate::survey::Resolved;

/// A link of the function whose target is not in the image, or that leads in circles.
pub const CHECK: Check = Check {
    id: "dangling-link",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("dangling-link"),
    run,
};

/// What comes to be only when the function runs: Lambda's writable directory, the kernel's, and where EFS
/// is mounted.
const LATER: [&str; 5] = ["tmp", "proc", "dev", "sys", "mnt"];

/// The most components that are followed: what leads through more is not judged. The links of a large function
/// lead through a thousand times less.
const STEPS_MAX: usize = 20_000_000;

/// Where AWS's bases have nothing: below the function's own directories, and where the homes of people are.
const EMPTY: [&str; 2] = ["var/task/", "opt/"];
const HOMES: [&str; 2] = ["home", "Users"];

/// Whether it is known that `name` is not there. A base that was not read may have it, but for AWS's.
fn is_known_to_lack(subject: &Subject<'_>, name: &str) -> bool {
    let home = || HOMES.contains(&name.split('/').next().unwrap_or_default());
    let empty = || EMPTY.iter().any(|dir| name.starts_with(dir)) || home();
    subject.tree.is_complete() || (is_on_aws_base(subject.view) && empty())
}

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    if !subject.is_final {
        return Vec::new();
    }
    let (mut faults, mut more, mut steps) = (Vec::new(), 0, 0);
    for (path, found) in subject.function().links.iter().copied() {
        // What is to be started is told of as that.
        if path.starts_with("opt/extensions/") {
            continue;
        }
        if steps > STEPS_MAX {
            break;
        }
        let target = found.entry.link.as_deref().unwrap_or_default();
        let why = match subject.tree.resolve_counted("", path, &mut steps) {
            Resolved::Missing(name) if !is_known_to_lack(subject, &name) => continue,
            Resolved::Missing(name) | Resolved::NotADirectory(name) => {
                if LATER.contains(&name.split('/').next().unwrap_or_default()) {
                    continue;
                }
                let host = ["home", "Users", "root"].contains(&name.split('/').next().unwrap_or_default());
                let why =
                    if host { ": it leads out of the image, to the machine that it was made on" } else { "" };
                format!("`/{}` is not there{why}", name.escape_debug())
            }
            Resolved::Loop => "it leads in circles".to_owned(),
            Resolved::At(_) | Resolved::Implied(_) => continue,
        };
        if faults.len() == MOST {
            more += 1;
            continue;
        }
        let message = format!("it links to `{}`, and {why}", target.escape_debug());
        let fix = "copy what it links to, or remove it";
        faults.push(Fault::new(Location::Path(found.layer, path.to_owned()), message, fix));
    }
    if let Some(last) = faults.last_mut().filter(|_| more > 0) {
        last.message += &format!("; so it is with {more} more links");
    }
    faults
}
