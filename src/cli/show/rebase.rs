//! The plan of a rebase, in words.

use std::fmt::Write as _;

use lambda_img::rebase::{Changes, Plan, Rebased};
use lambda_img::reference::Reference;

use super::ui;

/// The most paths of a kind that are listed, unless all are wanted.
const PATHS_MAX: usize = 10;

/// The plan of an image, what uses it, and its new name.
pub fn plan(
    image: &str,
    plan: &Plan,
    used_by: &[String],
    target: Option<&Reference>,
    all_files: bool,
) -> String {
    let mut out = head(image, used_by);
    let Some(rebased) = &plan.rebased else {
        let _ = writeln!(out, "  is on this base already: {}, {}", plan.new_base.name, plan.new_base.digest);
        return ui::lines(&out);
    };
    let _ = writeln!(out, "  old base: {}, {}", plan.old_base.name, plan.old_base.digest);
    let _ = writeln!(out, "  new base: {}, {}", plan.new_base.name, plan.new_base.digest);
    for found in &rebased.findings {
        let (verdict, row) = (found.verdict, found.obligation.name());
        let _ = writeln!(out, "  {verdict}: {row}: `{}`: {}", found.subject, found.message);
    }
    changes(&rebased.changes, all_files, &mut out);
    let _ = writeln!(out, "  {}", result(rebased, target));
    ui::lines(&out)
}

/// An image without a plan, and why.
pub fn without_plan(image: &str, used_by: &[String], why: &str) -> String {
    ui::lines(&format!("{}  {why}\n", head(image, used_by)))
}

fn head(image: &str, used_by: &[String]) -> String {
    match used_by {
        [] => format!("{image}\n"),
        used_by => format!("{image}\n  used by: {}\n", used_by.join(", ")),
    }
}

fn changes(changes: &Changes, all_files: bool, out: &mut String) {
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    for package in &changes.packages {
        let (old, new) = (version(&package.old), version(&package.new));
        let _ = writeln!(out, "  package: {} {old} becomes {new}", package.name);
    }
    if let Some(why) = &changes.packages_unread {
        let _ = writeln!(out, "  packages are not compared: {why}");
    }
    let kinds = [("added", &changes.added), ("removed", &changes.removed), ("changed", &changes.changed)];
    for (kind, paths) in kinds {
        let shown = if all_files { paths.len() } else { PATHS_MAX.min(paths.len()) };
        for path in &paths[..shown] {
            let _ = writeln!(out, "  {kind}: {path}");
        }
        if paths.len() > shown {
            let _ = writeln!(out, "  {kind}: {} more files", paths.len() - shown);
        }
    }
}

fn result(rebased: &Rebased, target: Option<&Reference>) -> String {
    let digest = rebased.image.digest;
    if rebased.only_answers_differ() {
        return "refused: the new image does not answer as the old one does".to_owned();
    }
    if rebased.is_refused() {
        return "refused: this image would not work on the new base, or may not".to_owned();
    }
    let proof = match rebased.equals_build {
        true => "as a build of the same source on the new base",
        false => "another tool built the image, so that no build is known to give the same",
    };
    match target {
        Some(target) => format!("new image: {target}, {digest} ({proof})"),
        None => format!("new image: {digest} ({proof})"),
    }
}
