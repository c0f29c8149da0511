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

/// Warnings as `build` and `push` tell them: a few lines, each once.
pub fn brief(checked: &[Checked]) -> String {
    const MOST: usize = 5;
    let mut lines = Vec::new();
    for Finding { check, fault, .. } in checked.iter().flat_map(|one| one.report.warnings()) {
        let line = ui::clean(&format!("{}: {} ({})", fault.location, fault.message, check.id));
        let line = format!("warning: {line}\n");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("warning: {more} more; `lambda-img check` tells them all\n"));
    }
    lines.concat()
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
