//! Findings of checks, for people.

use lambda_img::check::{Fault, Finding};
use lambda_img::examine::Checked;

use super::ui;

/// The findings, by level: one line and what to do.
pub fn text(checked: &Checked) -> String {
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
            let Fault { location, message, fix } = fault;
            out += &format!("  {}  {}\n", check.id, ui::clean(&format!("{location}: {message}")));
            if !allowed {
                out += &format!("      fix: {}\n", ui::clean(fix));
            }
        }
    }
    out
}

/// Warnings as `build` and `push` print them: a few, each once.
pub fn warnings(checked: &[Checked]) -> Vec<String> {
    const MOST: usize = 5;
    let mut warnings = Vec::new();
    for Finding { check, fault, .. } in checked.iter().flat_map(|one| one.report.warnings()) {
        let warning = ui::clean(&format!("{}: {} ({})", fault.location, fault.message, check.id));
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    let more = warnings.len().saturating_sub(MOST);
    warnings.truncate(MOST);
    if more > 0 {
        warnings.push(format!("{more} more; `lambda-img check` lists all of them"));
    }
    warnings
}

/// The same as lines.
pub fn brief(checked: &[Checked]) -> String {
    warnings(checked).into_iter().map(|warning| format!("warning: {warning}\n")).collect()
}

/// One line about everything.
pub fn summary(checked: &Checked) -> String {
    let report = &checked.report;
    let runtime = checked.profile.as_ref().map_or("unknown runtime", |profile| &profile.id);
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
