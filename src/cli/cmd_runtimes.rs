//! `lambda-img runtimes`: what Lambda offers, for people as a table and for programs as JSON.

use std::fmt::Write;

use jiff::civil::Date;
use lambda_img::runtime::RuntimeProfile;
use serde_json::{Map, Value, json};

/// The runtimes to show: those of the AWS table that the project began from and those not past on
/// the day `today` (previews too), or all.
pub fn select(profiles: Vec<RuntimeProfile>, today: Date, all: bool) -> Vec<RuntimeProfile> {
    profiles.into_iter().filter(|profile| all || profile.seed || !profile.is_past(today)).collect()
}

/// The runtimes as lines of at most 110 columns, in the given order, with a head and, at the end, the
/// day up to which the dates are known.
pub fn table(profiles: &[RuntimeProfile], today: Date) -> String {
    let mut rows = vec![["RUNTIME", "NAME", "OS", "ARCH", "STATUS"].map(str::to_owned)];
    rows.extend(profiles.iter().map(|profile| {
        [
            profile.id.clone(),
            profile.name.clone(),
            profile.os.short().to_owned(),
            profile.architectures.iter().map(|arch| arch.lambda()).collect::<Vec<_>>().join(" "),
            profile.status(today).to_string(),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];

    let mut out = String::new();
    for [id, name, os, archs, status] in &rows {
        let [a, b, c, d] = widths;
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{id:a$}  {name:b$}  {os:c$}  {archs:d$}  {status}");
    }
    if let Some(as_of) = profiles.iter().map(|profile| profile.support.as_of).min() {
        let _ = writeln!(out, "\nDates as of {as_of}; AWS moves them. They never block container images.");
    }
    out
}

/// The runtimes as one versioned object: `{"version":1,"runtimes":[…]}`. Keys that do not apply are
/// absent; dates are `YYYY-MM-DD`.
pub fn to_json(profiles: &[RuntimeProfile], today: Date) -> Value {
    let runtimes: Vec<_> = profiles.iter().map(|profile| entry(profile, today)).collect();
    json!({ "version": 1, "runtimes": runtimes })
}

fn entry(profile: &RuntimeProfile, today: Date) -> Value {
    let images: Map<_, _> = profile
        .architectures
        .iter()
        .filter_map(|arch| Some((arch.lambda().to_owned(), profile.image(*arch).ok()?.into())))
        .collect();
    let status = profile.status(today);
    let support = &profile.support;
    let mut entry = json!({
        "id": profile.id,
        "name": profile.name,
        "family": profile.family.as_str(),
        "os": profile.os.name(),
        "glibc": profile.glibc,
        "architectures": profile.architectures.iter().map(|arch| arch.lambda()).collect::<Vec<_>>(),
        "images": images,
        "entrypoint": profile.expected.entrypoint,
        "workdir": profile.expected.workdir,
        "env": profile.expected.env,
        "env_present": profile.expected.env_present,
        "phase": status.phase.word(),
        "status": status.to_string(),
        "as_of": support.as_of.to_string(),
    });
    let dates = [
        ("deprecated", support.deprecated),
        ("block_create", support.block_create),
        ("block_update", support.block_update),
    ];
    let dates = dates.map(|(key, date)| (key, date.map(|date| date.to_string())));
    let texts = [
        ("sdk", profile.sdk.clone()),
        ("note", support.note.map(|note| note.as_str().to_owned())),
        ("successor", support.successor.clone()),
    ];
    for (key, value) in dates.into_iter().chain(texts) {
        if let Some(value) = value {
            entry[key] = value.into();
        }
    }
    entry
}
