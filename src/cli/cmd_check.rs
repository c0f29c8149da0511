//! `lambda-img check`: what Lambda would refuse or break.

use std::num::NonZeroUsize;
use std::{env, thread};

use lambda_img::base::Workplace;
use lambda_img::check::{Accepted, Finding, Place, Wishes};
use lambda_img::epoch::Epoch;
use lambda_img::pack::Effort;
use lambda_img::pipeline::{self, Checked, Checking};
use lambda_img::store::Staging;
use serde_json::{Value, json};

use super::args::Check;
use super::failure::Failure;
use super::values::Source;
use super::{Outcome, cmd_runtimes, sarif, signal, ui};

pub fn run(args: Check) -> Outcome {
    let interrupted = signal::watch()?;
    let jobs = args.jobs.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let context = args.net.context(jobs.get(), args.quiet)?;
    let staging = Staging::inside(&env::temp_dir()).map_err(Failure::File)?;
    let effort = Effort { jobs, interrupted };
    let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
    let checking = Checking {
        runtime: args.runtime,
        deep: args.deep,
        wishes: Wishes {
            arch: args.arch,
            region: args.region,
            max_size: args.max_size,
            snapstart: args.snapstart,
            today: Some(cmd_runtimes::today()),
            base: None,
        },
        accepted: Accepted::new(args.allow, args.deny).map_err(Failure::Check)?,
    };
    let checked = match &args.source {
        Source::Image(source) => pipeline::check(source, &checking, &at).map_err(Failure::of_image)?,
        Source::Function(_) => {
            let hint = "name an image: oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE or a reference";
            return Err(Failure::usage("functions cannot be checked yet", hint));
        }
    };
    if args.sarif {
        ui::print(&format!("{}\n", sarif::log(&checked)))?;
    } else if args.json {
        ui::print(&format!("{}\n", to_json(&checked)))?;
    } else {
        ui::print(&findings(&checked))?;
    }
    if !args.quiet {
        eprintln!("{}", summary(&checked));
    }
    match checked.report.denied().count() {
        0 => Ok(()),
        count => Err(Failure::Denied(count)),
    }
}

/// The findings, by level: one line and what to do.
pub fn findings(checked: &Checked) -> String {
    let report = &checked.report;
    let groups: [(&str, Vec<&Finding>); 3] = [
        ("denied", report.denied().collect()),
        ("warnings", report.warnings().collect()),
        ("allowed", report.allowed().collect()),
    ];
    let mut out = String::new();
    for (head, findings) in groups.into_iter().filter(|(_, findings)| !findings.is_empty()) {
        out += &format!("{head}\n");
        for Finding { check, fault, allowed, .. } in findings {
            out += &format!("  {}  {}: {}\n", check.id, fault.place, fault.message);
            if !allowed {
                out += &format!("      fix: {}\n", fault.fix);
            }
        }
    }
    out
}

/// One line about everything.
pub fn summary(checked: &Checked) -> String {
    let report = &checked.report;
    let runtime = checked.profile.as_ref().map_or("unknown runtime", |profile| &profile.name);
    let arch = checked.arch.map_or("unknown architecture".to_owned(), |arch| arch.to_string());
    let (read, all) = checked.layers;
    let counts = [
        (report.denied().count(), "denied"),
        (report.warnings().count(), if report.warnings().count() == 1 { "warning" } else { "warnings" }),
        (report.allowed().count(), "allowed"),
    ];
    let counts: Vec<_> = counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    format!("{}: {runtime}, {arch}, {read} of {all} layers read: {}", checked.name, counts.join(", "))
}

/// Version 1 of the object that `--json` prints: `docs/schemas/check.json`.
pub fn to_json(checked: &Checked) -> Value {
    let report = &checked.report;
    let (read, all) = checked.layers;
    json!({
        "version": 1,
        "image": checked.name,
        "digest": checked.digest.map(|digest| digest.to_string()),
        "architecture": checked.arch.map(|arch| arch.lambda()),
        "runtime": checked.profile.as_ref().map(|profile| &profile.id),
        "layers": { "all": all, "read": read },
        "denied": report.denied().count(),
        "warnings": report.warnings().count(),
        "allowed": report.allowed().count(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    let Finding { check, level, allowed, fault } = finding;
    let (layer, path) = match &fault.place {
        Place::Layer(layer) => (Some(layer), None),
        Place::Path(layer, path) => (Some(layer), Some(format!("/{path}"))),
        _ => (None, None),
    };
    json!({
        "id": check.id,
        "group": check.group.to_string(),
        "level": level.to_string(),
        "grade": check.grade.to_string(),
        "allowed": allowed,
        "subject": fault.place.to_string(),
        "layer": layer,
        "path": path,
        "message": fault.message,
        "says": check.says,
        "fix": fault.fix,
    })
}
