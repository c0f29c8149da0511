//! What the user should know of the registry cache after a build.

use lambda_img::context::Context;

use super::render::hint_line;
use super::{hints, ui};

/// Says what the user should know of the registry cache after a build that failed: warnings, and what was written.
pub fn after_failure(context: &Context) {
    let Some(cache) = &context.registry_cache else { return };
    warnings(context);
    denied(context);
    let written = cache.exchanged().written;
    if written > 0 {
        let entries = ui::count(written, "entry was", "entries were");
        status!("registry cache: {entries} written before the build failed; entries hold layers, not images");
    }
}

/// Says which entries were not used and why, where no build has said it.
pub fn warnings(context: &Context) {
    let warnings = context.registry_cache.iter().flat_map(|cache| cache.take_warnings());
    warnings.for_each(|warning| status!("warning: {warning}"));
}

/// Says what to do about repositories that do not accept the credentials: once for each.
pub fn denied(context: &Context) {
    let denied = context.registry_cache.iter().flat_map(|cache| cache.take_denied());
    denied.for_each(|repository| status!("{}", hint_line(&hints::cache_denied(&repository))));
}
