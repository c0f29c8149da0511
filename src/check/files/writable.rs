//! Check: `TMPDIR` or the like names a directory that cannot be written.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// Nothing but `/tmp` can be written to (developer guide, "Creating images": read-only file system).
pub const CHECK: Check = Check {
    id: "temporary-directory",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("temporary-directory"),
    run,
};

/// Where programs write by definition (POSIX `TMPDIR`; Python's and Windows' names for the same).
const VARIABLES: [&str; 3] = ["TMPDIR", "TMP", "TEMP"];

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let set = VARIABLES.iter().filter_map(|name| Some((*name, subject.env(name)?)));
    // A file system of EFS is mounted below `/mnt`.
    let writable = |dir: &str| {
        ["/tmp", "/mnt"]
            .iter()
            .any(|root| dir.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let faulty = set.filter(|(_, dir)| !dir.is_empty() && !writable(dir));
    let fault = |(name, dir): (&str, &str)| {
        let message = format!("`{name}` is `{dir}`, but only `/tmp` is writable");
        Fault::new(
            Location::Config("config.Env".into()),
            message,
            format!("set {name} to `/tmp`, or leave it out"),
        )
    };
    faulty.map(fault).collect()
}
