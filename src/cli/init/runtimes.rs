//! Which runtime a project asks for.

use lambda_img::runtime::{self, Family, Phase, RuntimeProfile};

use crate::cli::show::clock::today;

/// The runtimes of a family that AWS supports for long, the newest first.
fn supported(family: Family) -> Vec<RuntimeProfile> {
    let mut all = runtime::all().unwrap_or_default();
    // One without an end is a preview.
    all.retain(|profile| profile.family == family && profile.support.deprecated.is_some());
    all
}

/// Those that AWS supports today, the newest first.
pub fn current(family: Family) -> Vec<RuntimeProfile> {
    let today = today();
    let mut all = supported(family);
    all.retain(|profile| matches!(profile.support.status(today).phase, Phase::Supported { .. }));
    all
}

/// The newest.
pub fn newest(family: Family) -> RuntimeProfile {
    newest_where(family, |_| true)
}

/// The newest that is wanted; the newest of all where none is.
pub fn newest_where(family: Family, wanted: impl Fn(&RuntimeProfile) -> bool) -> RuntimeProfile {
    let mut all = supported(family);
    let at = all.iter().position(wanted).unwrap_or_default();
    all.swap_remove(at)
}

/// The one of this identifier, else the newest.
pub fn named(family: Family, id: Option<String>) -> RuntimeProfile {
    newest_where(family, |profile| Some(&profile.id) == id.as_ref())
}

/// The last number of an identifier: 12 of `python3.12`, 22 of `nodejs22.x`.
pub fn number(profile: &RuntimeProfile) -> u32 {
    profile
        .id
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .next_back()
        .unwrap_or_default()
}
