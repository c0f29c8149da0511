//! Checks: the tag of the base has moved, or the base's configuration was changed.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::image::ImageConfig;
use crate::runtime::verify::{Difference, differences};

/// The tag of the base names another image by now: patches are missing.
pub const MOVED: Check = Check {
    id: "base-moved",
    group: Group::Runtime,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("base-moved"),
    run: moved,
};

/// AWS's entry script is started without the environment that AWS's bases give it.
pub const CONFIG: Check = Check {
    id: "base-config",
    group: Group::Runtime,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("base-config"),
    run: config,
};

fn moved(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(base) = &subject.expectations.base else { return Vec::new() };
    if base.built_on == base.now {
        return Vec::new();
    }
    let message = format!(
        "it was built on `{}` with digest {}, which now has digest {}",
        base.name, base.built_on, base.now
    );
    vec![Fault::new(
        Location::Image,
        message,
        "build the image again; if a lock file pins the base, update the pin first",
    )]
}

fn config(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(profile) = &subject.view.profile else { return Vec::new() };
    // Who starts something else has reasons of his own.
    if subject.words("Entrypoint") != profile.expected.entrypoint {
        return Vec::new();
    }
    let Ok(config) = ImageConfig::parse(subject.view.config.bytes.clone()) else { return Vec::new() };
    let all = differences(&config, &profile.expected).into_iter();
    let lost = all.filter_map(|difference| Some((lost(&difference)?, difference)));
    let fault = |(lost, Difference { what, .. }): (String, Difference)| {
        let message = format!("{what} of the base is replaced: {lost}");
        Fault::new(
            Location::Config("config.Env".into()),
            message,
            "add to the base's value instead of replacing it",
        )
    };
    lost.map(fault).collect()
}

/// What of a base's variable is missing: all, or directories of a search path. Other values are the user's.
fn lost(difference: &Difference) -> Option<String> {
    difference.what.strip_prefix("ENV ")?;
    let Some(found) = &difference.found else { return Some("it is not set".to_owned()) };
    if !difference.what.ends_with("PATH") {
        return None;
    }
    // A variable that the base does not have loses nothing of it: `PYTHONPATH`.
    let expected = difference.expected.as_deref()?;
    let has =
        |dir: &&str| found.split(':').any(|other| other.trim_end_matches('/') == dir.trim_end_matches('/'));
    let gone: Vec<_> = expected.split(':').filter(|dir| !has(dir)).collect();
    (!gone.is_empty()).then(|| format!("it does not contain `{}`", gone.join(":")))
}
