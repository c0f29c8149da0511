//! When to tell that nothing pins a base: where it matters, and now and then.

use std::env;

use lambda_img::key::{Key, KeyHasher};
use lambda_img::store::cache::{Cache, RecordKind};

use super::clock;

/// Set by pipelines (GitHub, GitLab, CircleCI, Travis and others).
const CI: &str = "CI";

/// Whether the warning is to be told: in a pipeline and where something is pushed, others get the image and may
/// build it again; else once a day, which is what `cache` remembers.
pub fn is_told(warning: &str, pushes: bool, cache: &Cache) -> bool {
    if pushes || in_pipeline() {
        return true;
    }
    let today = told_on(warning);
    let known = cache.memo(RecordKind::TemplateFunction, today).is_some();
    if !known {
        cache.keep_memo(RecordKind::TemplateFunction, today, b"told");
    }
    !known
}

fn in_pipeline() -> bool {
    env::var_os(CI).is_some_and(|value| !["", "0", "false"].iter().any(|no| value == *no))
}

/// The key of what is told today.
fn told_on(warning: &str) -> Key {
    let mut hasher = KeyHasher::default();
    hasher.field(clock::today().to_string().as_bytes());
    hasher.field(warning.as_bytes());
    hasher.finish()
}
