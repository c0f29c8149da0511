//! The summary of a fleet on standard error: lines and tables.

use std::collections::BTreeMap;

use lambda_img::build::Built;
use lambda_img::progress::{Meter, Phase};
use lambda_img::store::cache::Cache;

use super::destination::Destination;
use crate::cli::show::{built, findings, past_support, pushed, ui, unpinned};

/// A function that is done, in a line for each image; all about it where that is wanted.
pub fn done(name: &str, built: &Built, (destination, meter): (Destination, &Meter), verbose: bool) -> String {
    // What is pushed has stdout for itself.
    let here = || built.published.iter().filter(|_| destination == Destination::Push);
    if verbose {
        let pushed = built.pushed.iter().map(|(_, one)| pushed::report(one, true));
        let here = here().map(|one| format!("written {}@{}\n", one.target, one.digest)).collect::<String>();
        let name = ui::clean(name);
        return format!("{name}: {}{}{here}", built::report(built, true), pushed.collect::<String>());
    }
    let mut out = String::new();
    for one in &built.images {
        let size = one.image.layers.iter().map(|layer| layer.descriptor.size).sum();
        out += &format!("{}: {} for {}, {}", ui::clean(name), one.image.digest, one.arch, ui::bytes(size));
        let (read, reused) = (meter.spent(Phase::Read).bytes, meter.spent(Phase::Deflate).saved);
        for (what, bytes) in
            [("packed", read), ("reused", reused)].into_iter().filter(|(_, bytes)| *bytes > 0)
        {
            out += &format!(", {} {what}", ui::bytes(bytes));
        }
        let pushed = built.pushed.iter().filter(|(arch, _)| *arch == one.arch);
        for (_, pushed) in pushed {
            let (sent, mounted) = (pushed.blobs.bytes, pushed.blobs.mounted);
            let host = pushed.pinned.reference();
            out += &format!("; {}: ", host.registry());
            out += &match pushed.already {
                true => "already published".to_owned(),
                false => format!("{} sent, {mounted} mounted", ui::bytes(sent)),
            };
        }
        for here in here().filter(|here| here.arch == one.arch) {
            out += &format!("; written to {}", here.target);
        }
        out.push('\n');
    }
    out
}

/// The warnings of all functions, each once.
pub fn warnings<'b>(built: impl Iterator<Item = (&'b Built, &'b Cache)>, pushes: bool) -> Vec<String> {
    let (mut all, mut asked) = (Vec::new(), BTreeMap::new());
    for (built, cache) in built {
        // Whether it is told is asked once: asking remembers that it was told.
        let mut is_shown = |text: &String| {
            *asked.entry(text.clone()).or_insert_with(|| unpinned::is_shown(text, pushes, cache))
        };
        let unpinned = built.unpinned.as_ref().map(unpinned::warning).filter(|text| is_shown(text));
        let found = findings::warnings(&built.checked);
        let past = past_support::warning(&built.profile);
        for warning in built.warnings.iter().cloned().chain(unpinned).chain(past).chain(found) {
            if !all.contains(&warning) {
                all.push(warning);
            }
        }
    }
    all
}
