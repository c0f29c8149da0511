//! Checks: features that Lambda's newer Node.js runtimes have removed.

use super::handler::{Image, named};
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject, is_on_aws_base};
use crate::runtime::{Family, RuntimeProfile};
use crate::survey::{Fact, LayerEntry};

/// A handler with a callback on a runtime that takes none (developer guide, "Define Lambda function handler in
/// Node.js"). Level warn: the parameters are read, not the program.
pub const CALLBACK: Check = Check {
    id: "nodejs-callback",
    group: Group::Start,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: Some(
        "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.",
    ),
    page: page!("nodejs-callback"),
    run: callback,
};

/// The SDK of version 2 on a runtime that has version 3 alone (AWS Developer Tools Blog, "Why and how you should use
/// AWS SDK for JavaScript (v3) on Node.js 18").
pub const SDK: Check = Check {
    id: "nodejs-sdk",
    group: Group::Start,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("nodejs-sdk"),
    run: sdk,
};

/// The first runtime that takes no callbacks.
const NO_CALLBACKS: u32 = 24;

/// The first runtime without the SDK of version 2.
const NO_SDK_V2: u32 = 18;

/// The version of Node.js, from `first` on, if it is the runtime's.
fn since<'a>(subject: &Subject<'a>, first: u32) -> Option<&'a RuntimeProfile> {
    let profile = subject.view.profile.as_ref().filter(|profile| profile.family == Family::Nodejs)?;
    let version: u32 = profile.id.strip_prefix("nodejs")?.strip_suffix(".x")?.parse().ok()?;
    (version >= first).then_some(profile)
}

fn callback(subject: &Subject<'_>) -> Vec<Fault> {
    let found = || {
        let profile = since(subject, NO_CALLBACKS)?;
        let (paths, handler) = named(subject)?;
        let image = Image(&subject.tree);
        let at = paths.iter().find_map(|path| image.at(path))?;
        let name = handler.rsplit('.').next()?;
        let has = |fact: &Fact| matches!(fact, Fact::Callbacks(names) if names.iter().any(|own| own == name));
        let message =
            format!("`{name}` takes three parameters, and {} takes no handler with a callback", profile.name);
        let fix = "write `async (event, context) => …` and return the answer, or stay with Node.js 22";
        at.entry.facts.iter().any(has).then(|| Fault::new(place(at), message, fix))
    };
    found().into_iter().collect()
}

fn place(at: LayerEntry<'_>) -> Location {
    Location::Path(at.layer, at.entry.name().to_owned())
}

fn sdk(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(profile) = since(subject, NO_SDK_V2) else { return Vec::new() };
    // Other bases than AWS's may bring it.
    if !subject.tree.is_complete() && !is_on_aws_base(subject.view) {
        return Vec::new();
    }
    let function = subject.function();
    let asks = |found: LayerEntry<'_>| found.entry.facts.iter().any(|fact| matches!(fact, Fact::SdkV2));
    let Some(first) = function.files.iter().find(|file| asks(file.content)) else { return Vec::new() };
    let brought =
        |path: &str| path.contains("node_modules/aws-sdk/") || path.ends_with("node_modules/aws-sdk");
    if subject.tree.iter().any(|(path, _)| brought(path)) {
        return Vec::new();
    }
    let message = format!(
        "it takes `aws-sdk`, which is not in the image: {} has version 3 of the SDK alone",
        profile.name
    );
    let fix = "move to the packages of version 3 (`@aws-sdk/client-…`), or `npm install aws-sdk`";
    vec![Fault::new(Location::Path(first.found.layer, first.path.to_owned()), message, fix)]
}
