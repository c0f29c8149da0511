//! What a person reads about a list of packages: how many there are, and what is missing from the list.

use lambda_img::attest::Kind;
use lambda_img::registry::Attached;
use lambda_img::sbom::{INSPECTOR_MAX, Inventory};

use super::ui;

/// The most gaps that are printed one by one: the document has all of them.
const GAPS_MAX: usize = 20;

/// What is not listed, and what may go wrong with the list: a line each.
pub fn warnings(listed: &Inventory) -> String {
    let gaps = listed.gaps.iter().take(GAPS_MAX);
    let mut lines: Vec<_> =
        gaps.map(|gap| format!("warning: not listed: `{}`: {}", gap.place.path, gap.why)).collect();
    if let Some(more) = listed.gaps.len().checked_sub(GAPS_MAX).filter(|more| *more > 0) {
        lines.push(format!("warning: not listed: {more} more files, which the document names"));
    }
    let count = components(listed);
    if count > INSPECTOR_MAX {
        lines.push(format!(
            "warning: the list has {count} components, and Amazon Inspector's ScanSbom takes at most {INSPECTOR_MAX}"
        ));
    }
    lines.iter().map(|line| ui::clean(line) + "\n").collect()
}

/// How many packages there are.
pub fn summary(listed: &Inventory) -> String {
    let extensions = match listed.extensions.len() {
        0 => String::new(),
        1 => " and 1 extension".to_owned(),
        count => format!(" and {count} extensions"),
    };
    match listed.packages.len() {
        1 => format!("listed 1 package{extensions} of {}", listed.image.digest),
        count => format!("listed {count} packages{extensions} of {}", listed.image.digest),
    }
}

/// What was attached to an image: a line each.
pub fn attached(all: &[(Kind, Attached)]) -> String {
    all.iter().map(|(kind, one)| line(kind.name(), one)).collect()
}

/// The evidence that was copied with an image: a line each.
pub fn copied(all: &[(String, Attached)]) -> String {
    all.iter().map(|(kind, one)| line(&ui::clean(kind), one)).collect()
}

fn line(kind: &str, one: &Attached) -> String {
    let state = if one.already { "already attached" } else { "attached" };
    let tag = one.tag.as_ref().map(|tag| format!(", listed by the tag {tag}")).unwrap_or_default();
    format!("{state} {kind}: {}{tag}\n", one.pinned)
}

fn components(listed: &Inventory) -> usize {
    listed.packages.len() + listed.extensions.len()
}
