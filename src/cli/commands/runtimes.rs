//! `lambda-img runtimes`: lists Lambda's runtimes, as a table or as JSON.

use std::fmt::Write;

use crate::cli::show::error::CliError;
use crate::cli::show::{clock, json, stdout, ui};
use lambda_img::date::Date;
use lambda_img::runtime::{self, RuntimeProfile};

#[derive(clap::Args)]
#[group(skip)]
pub struct Runtimes {
    /// List runtimes that AWS no longer supports too
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
        return stdout::print_json(&json::runtimes::Runtimes::of(&profiles, today));
    }
    stdout::print(&table(&profiles, today))
}

/// The runtimes to show: those of the AWS table that the project began from and those not past on
/// the day `today` (previews too), or all.
pub fn select(profiles: Vec<RuntimeProfile>, today: Date, all: bool) -> Vec<RuntimeProfile> {
    profiles.into_iter().filter(|profile| all || profile.in_lambda_docs || !profile.is_past(today)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::new(2026, 11, 23).unwrap();

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
}
