//! The images that the functions of an account use.

use std::collections::{BTreeMap, BTreeSet};

use lambda_img::credentials::ecr::EcrHost;
use lambda_img::deploy::Use;
use lambda_img::reference::Reference;
use lambda_img::source::ImageRef;

use super::arguments::Rebase;
use crate::cli::commands::in_use::{Asking, Detail, by_text};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// Each image of `$LATEST` and of the versions that aliases name, in the account and the Region of `registry`, once, and
/// what uses it.
pub fn images(args: &Rebase, registry: &str) -> Result<Vec<(ImageRef, Vec<String>)>, CliError> {
    let host = EcrHost::parse(registry).ok_or_else(|| usage::commands::not_an_account(registry))?;
    let asking = Asking::new(&args.net, &args.jobs, ("rebase --account", args.quiet))?;
    let used = asking.used(&host, &BTreeSet::from([host.account.clone()]), &Detail::All)?;
    let mut images: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let is_called = |by: &Use| by.version == "$LATEST" || !by.aliases.is_empty();
    // A version without an image was deleted since it was listed.
    for one in used.values().flatten().filter(|(_, by)| is_called(by) && !by.image.is_empty()) {
        images.entry(one.1.image.clone()).or_default().insert(by_text(one));
    }
    let meant = |(image, used_by): (String, BTreeSet<String>)| {
        let reference: Reference = image.parse().map_err(|_| usage::commands::not_an_image(&image))?;
        Ok((ImageRef::Registry(reference), used_by.into_iter().collect()))
    };
    images.into_iter().map(meant).collect()
}
