//! Progress of the library as lines on stderr.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lambda_img::digest::Digest;
use lambda_img::progress::Progress;

use crate::cli::show::{progress, ui};

/// What hears of progress: with `quiet`, only the output of a step that failed.
pub fn progress(quiet: bool) -> Arc<dyn Progress> {
    if quiet { Arc::new(Quiet) } else { Arc::new(Lines) }
}

/// Prints only the output of a step that failed.
struct Quiet;

impl Progress for Quiet {
    fn fetching(&self, _: Digest, _: u64, _: u64) {}

    fn waiting(&self, _: &str, _: Duration) {}

    fn behind(&self, _: &str) {}

    fn locked(&self, _: &Path) {}

    fn step_ends(&self, _: &str, failed: Option<&str>) {
        failed.into_iter().for_each(progress::step_failed);
    }
}

/// Progress as lines on stderr.
struct Lines;

impl Progress for Lines {
    fn expecting(&self, blobs: &[(Digest, u64)]) {
        progress::expecting(blobs);
    }

    fn fetching(&self, digest: Digest, size: u64, from: u64) {
        // Configurations: they take no time.
        if size < 100_000 || progress::fetching(digest, size, from) {
            return;
        }
        match from {
            0 => progress::say(format_args!("fetching {digest}, {}", ui::bytes(size))),
            _ => {
                let left = ui::bytes(size.saturating_sub(from));
                progress::say(format_args!("fetching {digest}, {left} of {}", ui::bytes(size)));
            }
        }
    }

    fn came(&self, digest: Digest, bytes: u64) {
        progress::came(digest, bytes);
    }

    fn fetched(&self, digest: Digest) {
        progress::fetched(digest);
    }

    fn step_begins(&self, step: &str, why: &str) {
        progress::step_begins(step, why);
    }

    fn step_says(&self, step: &str, line: &str) {
        progress::step_says(step, line);
    }

    fn step_ends(&self, step: &str, failed: Option<&str>) {
        progress::step_ends(step, failed);
    }

    fn step_waits(&self, step: &str) {
        progress::say(format_args!("step {step} waits for another process that runs it"));
    }

    fn waiting(&self, program: &str, limit: Duration) {
        progress::say(format_args!("waiting for `{program}`, at most {} s", limit.as_secs()));
    }

    fn behind(&self, place: &str) {
        progress::say(format_args!("waiting for another process that pushes the same image to {place}"));
    }

    fn not_copied(&self, base: &str, copies: &str) {
        let base = ui::clean(base);
        progress::say(format_args!(
            "warning: `{copies}` does not have `{base}`, which is read from its own registry; copy it with \
             `lambda-img base sync`"
        ));
    }

    fn copies_unreadable(&self, copies: &str, why: &str) {
        let why = ui::clean(&why.lines().map(str::trim).collect::<Vec<_>>().join(" "));
        progress::say(format_args!(
            "warning: `{copies}` cannot be read, so bases are read from their own registries: {why}"
        ));
    }

    fn locked(&self, path: &Path) {
        progress::say(format_args!("waiting for another process that writes to `{}`", path.display()));
    }
}
