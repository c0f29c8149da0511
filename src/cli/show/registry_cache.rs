//! What a build that failed leaves in the registry cache, for people.

use lambda_img::context::Context;

use super::ui;

/// Says what the user should know of the registry cache after a build that failed: warnings, and what was written.
pub fn after_failure(context: &Context) {
    let Some(cache) = &context.registry_cache else { return };
    for warning in cache.take_warnings() {
        status!("warning: {warning}");
    }
    let written = cache.exchanged().written;
    if written > 0 {
        let entries = ui::count(written, "entry was", "entries were");
        status!("registry cache: {entries} written before the build failed; entries hold layers, not images");
    }
}
