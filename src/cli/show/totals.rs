//! How an error says how many there are of what.

/// Findings that are denied.
pub fn denied(findings: usize) -> String {
    match findings {
        1 => "1 finding is denied".to_owned(),
        count => format!("{count} findings are denied"),
    }
}

/// Functions that are not built.
pub fn not_built(failed: &[String], left: usize, of: usize, interrupted: bool) -> String {
    ended(failed, (left, "built"), of, interrupted)
}

/// Functions that are not deployed.
#[cfg(feature = "aws")]
pub fn not_deployed(failed: &[String], left: usize, of: usize, interrupted: bool) -> String {
    ended(failed, (left, "begun"), of, interrupted)
}

fn ended(failed: &[String], (left, what): (usize, &str), of: usize, interrupted: bool) -> String {
    let names: Vec<_> = failed.iter().map(|name| format!("`{name}`")).collect();
    let parts = [
        interrupted.then(|| "interrupted".to_owned()),
        (!failed.is_empty())
            .then(|| format!("{} of {of} functions failed: {}", names.len(), names.join(", "))),
        (left > 0).then(|| format!("{left} of {of} not {what}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Images that are not put on another base.
pub fn not_rebased(refused: usize, failed: usize, of: usize) -> String {
    let images = if of == 1 { "1 image".to_owned() } else { format!("{of} images") };
    match (refused, failed) {
        (refused, 0) => format!("{refused} of {images} would not work on the new base; nothing was pushed"),
        (0, failed) => format!("{failed} of {images} cannot be put on another base; nothing was pushed"),
        _ => format!(
            "of {images}, {refused} would not work on the new base, and {failed} cannot be put on one; nothing was pushed"
        ),
    }
}

/// Bases that are not as expected.
pub fn unexpected(bases: usize) -> String {
    match bases {
        1 => "1 base is not as expected".to_owned(),
        count => format!("{count} bases are not as expected"),
    }
}

/// Entries that the registry did not remove.
pub fn not_removed(entries: usize) -> String {
    match entries {
        1 => "1 entry was not removed".to_owned(),
        entries => format!("{entries} entries were not removed"),
    }
}
