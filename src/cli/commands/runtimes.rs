//! `lambda-img runtimes`: what Lambda offers, for people as a table and for programs as JSON.

use std::fmt::Write;

use crate::cli::show::error::CliError;
use crate::cli::show::{clock, stdout, ui};
use jiff::civil::Date;
use lambda_img::runtime::{self, RuntimeProfile};
use serde_json::{Map, Value, json};

#[derive(clap::Args)]
pub struct Runtimes {
    /// Those that Lambda has dropped, too
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object (docs/schemas/runtimes.json)
    #[arg(long)]
    pub json: bool,
}

/// Prints the table or the object.
pub fn run(args: &Runtimes) -> Result<(), CliError> {
    let today = clock::today();
    let profiles = select(runtime::all()?, today, args.all);
    if args.json {
        return stdout::print_json(&to_json(&profiles, today));
    }
    stdout::print(&table(&profiles, today))
}

/// The runtimes to show: those of the AWS table that the project began from and those not past on
/// the day `today` (previews too), or all.
pub fn select(profiles: Vec<RuntimeProfile>, today: Date, all: bool) -> Vec<RuntimeProfile> {
    profiles.into_iter().filter(|profile| all || profile.seed || !profile.is_past(today)).collect()
}

/// The runtimes as lines of at most 110 columns, in the given order, with a head and, at the end, the
/// day up to which the dates are known.
pub fn table(profiles: &[RuntimeProfile], today: Date) -> String {
    let mut rows = vec![["RUNTIME", "NAME", "OS", "ARCH", "STATUS"].map(str::to_owned).to_vec()];
    rows.extend(profiles.iter().map(|profile| {
        vec![
            profile.id.clone(),
            profile.name.clone(),
            profile.os.short().to_owned(),
            profile.architectures.iter().map(|arch| arch.lambda()).collect::<Vec<_>>().join(" "),
            profile.status(today).to_string(),
        ]
    }));
    let mut out = ui::table(&rows, &[]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn shown(all: bool) -> Vec<RuntimeProfile> {
        select(runtime::all().unwrap(), TODAY, all)
    }

    #[test]
    fn past_runtimes_are_shown_on_demand_but_for_the_seeds() {
        let ids = |all| shown(all).into_iter().map(|profile| profile.id).collect::<Vec<_>>();
        assert_eq!(ids(true).len(), 47);
        let default = ids(false);
        for id in ["nodejs26.x", "nodejs24.x", "python2.7", "provided", "ruby3.3"] {
            assert!(default.iter().any(|shown| shown == id), "{id}");
        }
        for id in ["nodejs20.x", "python3.10", "dotnet9", "dotnet8", "ruby3.2"] {
            assert!(!default.iter().any(|shown| shown == id), "{id}");
        }
    }

    #[test]
    fn table_is_aligned_and_fits_110_columns() {
        let text = table(&shown(true), TODAY);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 47 + 2);
        let status = lines[0].find("STATUS").unwrap();
        for line in &lines[1..48] {
            assert!(line.len() <= 110, "{} columns: {line}", line.len());
            assert_eq!((&line[status - 2..status], line.trim_end()), ("  ", *line));
        }
        assert_eq!(lines[0], "RUNTIME          NAME              OS      ARCH          STATUS");
        assert_eq!(
            lines[2],
            "nodejs24.x       Node.js 24        AL2023  x86_64 arm64  supported until 2028-04-30"
        );
        assert_eq!(lines[49], "Dates as of 2026-08-31; AWS moves them. They never block container images.");
        assert_eq!(table(&[], TODAY).lines().count(), 1);
    }

    #[test]
    fn json_is_versioned_and_leaves_out_what_does_not_apply() {
        let value = to_json(&shown(true), TODAY);
        assert_eq!(value["version"], 1);
        let of = |id: &str| value["runtimes"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap();
        let python = of("python3.9");
        assert_eq!(python["sdk"], "boto3-1.18.55 botocore-1.21.55");
        assert_eq!(python["images"]["arm64"], "public.ecr.aws/lambda/python:3.9-arm64");
        assert_eq!(python["os"], "Amazon Linux 2");
        assert_eq!((&python["phase"], &python["successor"]), (&"deprecated".into(), &"python3.14".into()));
        assert_eq!(of("go1.x")["images"].as_object().unwrap().len(), 1);
        assert_eq!(of("dotnet8")["env_present"][0], "DOTNET_VERSION");
        let preview = of("python3.15").as_object().unwrap();
        for absent in ["sdk", "deprecated", "block_create", "successor"] {
            assert!(!preview.contains_key(absent), "{absent}");
        }
    }
}
