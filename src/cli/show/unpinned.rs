//! The warning that a base is not pinned, and how often it is printed.

use std::env;

use lambda_img::build::{Unpinned, UnpinnedBase};
use lambda_img::key::{Key, KeyHasher};
use lambda_img::store::cache::{Cache, RecordKind};

use super::clock;

/// Set by pipelines (GitHub, GitLab, CircleCI, Travis and others).
const CI: &str = "CI";

/// The warning, with what pins the bases.
pub fn warning(unpinned: &Unpinned) -> String {
    let mut names: Vec<_> = unpinned.bases.iter().map(|base| format!("`{}`", base.reference)).collect();
    names.dedup();
    let pin = if let Some(runtime) = &unpinned.runtime {
        // `base lock` leaves what it finds.
        let command = |(verb, stale): (&str, bool)| {
            let of = unpinned.bases.iter().filter(|base| base.is_stale == stale);
            let archs = of.map(|base| base.arch.to_string()).collect::<Vec<_>>().join(",");
            (!archs.is_empty())
                .then(|| format!("`lambda-img base {verb} --runtime {runtime} --arch {archs}`"))
        };
        [("lock", false), ("update", true)].into_iter().filter_map(command).collect::<Vec<_>>().join(" and ")
    } else {
        let one =
            |base: &UnpinnedBase| format!("`--base {}@{}` for {}", base.reference, base.digest, base.arch);
        unpinned.bases.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let (base, is, its) =
        if names.len() == 1 { ("base", "is", "its tag") } else { ("bases", "are", "their tags") };
    format!(
        "{base} {} {is} not pinned: the image changes when somebody moves {its}; pin with {pin}",
        names.join(", ")
    )
}

/// Whether to print the warning: in a pipeline and where something is pushed, others get the image and may
/// build it again; else once a day, which is what `cache` remembers.
pub fn is_shown(warning: &str, pushes: bool, cache: &Cache) -> bool {
    if pushes || in_pipeline() {
        return true;
    }
    let today = key_of_today(warning);
    let known = cache.memo(RecordKind::ReminderShown, today).is_some();
    if !known {
        cache.keep_memo(RecordKind::ReminderShown, today, b"told");
    }
    !known
}

fn in_pipeline() -> bool {
    env::var_os(CI).is_some_and(|value| !["", "0", "false"].iter().any(|no| value == *no))
}

/// The key of what is told today.
fn key_of_today(warning: &str) -> Key {
    let mut hasher = KeyHasher::default();
    hasher.field(clock::today().to_string().as_bytes());
    hasher.field(warning.as_bytes());
    hasher.finish()
}
