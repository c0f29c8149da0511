//! Checks: AWS no longer supports the runtime, soon will not, or does not have it for the architecture.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::date::Date;
use crate::runtime::{Phase, RuntimeProfile};

/// AWS no longer patches the runtime; images of it can still be created and updated (runtime policy).
pub const DEPRECATED: Check = Check {
    id: "runtime-deprecated",
    group: Group::Runtime,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("runtime-deprecated"),
    run: deprecated,
};

/// AWS will stop to patch the runtime within 180 days.
pub const ENDING: Check = Check {
    id: "runtime-ending",
    group: Group::Runtime,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("runtime-ending"),
    run: ending,
};

/// AWS has no base image of the runtime for the architecture (the table of runtimes).
pub const ARCHITECTURE: Check = Check {
    id: "runtime-architecture",
    group: Group::Runtime,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("runtime-architecture"),
    run: architecture,
};

/// The days before an end at which it becomes more urgent.
const NOTICES: [i32; 3] = [30, 90, 180];

fn known<'a>(subject: &Subject<'a>) -> Option<(&'a RuntimeProfile, Date)> {
    Some((subject.view.profile.as_ref()?, subject.expectations.today?))
}

fn successor(profile: &RuntimeProfile) -> String {
    let newest = "move to the newest runtime of its language".to_owned();
    profile.support.successor.as_ref().map_or(newest, |id| format!("move to `{id}`"))
}

fn deprecated(subject: &Subject<'_>) -> Vec<Fault> {
    let Some((profile, today)) = known(subject) else { return Vec::new() };
    let Phase::Deprecated { since, .. } = profile.status(today).phase else { return Vec::new() };
    let as_of = profile.support.as_of;
    let message = format!("AWS has not patched {} since {since} (dates as of {as_of})", profile.name);
    vec![Fault::new(Location::Image, message, successor(profile))]
}

fn ending(subject: &Subject<'_>) -> Vec<Fault> {
    let Some((profile, today)) = known(subject) else { return Vec::new() };
    let Phase::Supported { until: Some(until) } = profile.status(today).phase else { return Vec::new() };
    let left = today.days_until(until);
    let Some(notice) = NOTICES.into_iter().find(|notice| left <= *notice) else { return Vec::new() };
    let message = format!(
        "AWS stops patching {} on {until}, in {left} days: at most {notice} days are left",
        profile.name
    );
    vec![Fault::new(Location::Image, message, successor(profile))]
}

fn architecture(subject: &Subject<'_>) -> Vec<Fault> {
    let (Some(profile), Some(arch)) = (&subject.view.profile, subject.arch()) else { return Vec::new() };
    match profile.require(arch) {
        Ok(()) => Vec::new(),
        Err(error) => {
            let fix = "build for x86_64, or move to another runtime";
            vec![Fault::new(Location::Config("architecture".into()), error.to_string(), fix)]
        }
    }
}
