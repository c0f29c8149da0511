//! The list of all checks.

use std::sync::Arc;

use serde_json::Value;

use super::definition::{Check, Group};
use super::error::UnknownCheck;
use super::expectations::Expectations;
use super::image_view::{ImageView, LayerView};
use super::subject::Subject;
use super::{deploy, files, image, layers, runtime, secrets, start};
use crate::survey::Survey;

/// Every check, in the order of their groups.
pub const CHECKS: &[&Check] = &[
    // Image
    &image::index::CHECK,
    &image::documents::MANIFEST,
    &image::documents::CONFIG,
    &image::media_types::UNKNOWN,
    &image::media_types::MIXED,
    &image::layer_types::DOCKER,
    &image::layer_types::OCI,
    &image::layer_types::ZSTD,
    &image::layer_types::FOREIGN,
    &image::layer_types::COMPRESSION,
    &image::platform::ARCHITECTURE,
    &image::platform::OS,
    &image::sizes::MANIFEST,
    &image::sizes::IMAGE,
    &image::sizes::BUDGET,
    &image::sizes::ENVIRONMENT,
    &image::digests::MISSING,
    &image::digests::DIGEST,
    &image::digests::DIFF_ID,
    &image::history::CHECK,
    &image::settings::IGNORED,
    &image::settings::RESERVED,
    &image::settings::WORKDIR,
    // Layers
    &layers::parents::CHECK,
    &layers::damage::CHECK,
    &layers::duplicates::CHECK,
    &layers::hard_links::TARGET,
    &layers::hard_links::ANY,
    &layers::nodes::DEVICE,
    &layers::nodes::SET_ID,
    &layers::nodes::XATTR,
    &layers::nodes::TAR_KIND,
    &layers::names::CHECK,
    &layers::whiteouts::CHECK,
    &layers::gzip::MEMBERS,
    &layers::gzip::TRAILING,
    // Start
    &start::programs::MISSING,
    &start::programs::NOT_EXECUTABLE,
    &start::programs::FORMAT,
    &start::link::CHECK,
    &start::handler_count::CHECK,
    &start::handler::MISSING,
    &start::handler::SYMBOL,
    &start::handler::DOTNET_JSON,
    &start::client::MISSING,
    &start::client::NONE,
    &start::nodejs::CALLBACK,
    &start::nodejs::SDK,
    // Files
    &files::readable::CHECK,
    &files::architecture::CHECK,
    &files::versions::CHECK,
    &files::libraries::CHECK,
    &files::links::CHECK,
    &files::host_paths::CHECK,
    &files::lambda_layers::CHECK,
    &files::bytecode::STALE,
    &files::bytecode::PYTHON,
    &files::bytecode::MISSING,
    &files::native::PYTHON,
    &files::native::NODE,
    &files::weight::LARGE,
    &files::weight::DUPLICATE,
    &files::weight::DEAD,
    &files::writable::CHECK,
    // Secrets
    &secrets::files::CHECK,
    &secrets::config::CHECK,
    // Runtime
    &runtime::support::DEPRECATED,
    &runtime::support::ENDING,
    &runtime::support::ARCHITECTURE,
    &runtime::base::MOVED,
    &runtime::base::CONFIG,
    // Deploy
    &deploy::host::PRIVATE,
    &deploy::host::FIPS,
    &deploy::host::DUAL_STACK,
    &deploy::host::REGION,
    &deploy::snapstart::CHECK,
];

/// The check of that name.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// Whether a check of secrets finds something in a layer alone.
pub fn holds_secret(survey: &Arc<Survey>) -> bool {
    let survey = Ok(Arc::clone(survey));
    let layer = LayerView { descriptor: Value::Null, of_base: false, survey };
    let (view, expectations) =
        (ImageView { layers: vec![layer], ..ImageView::default() }, Expectations::default());
    let subject = Subject::new(&view, &expectations);
    let mut secrets = CHECKS.iter().filter(|check| check.group == Group::Secrets);
    secrets.any(|check| !(check.run)(&subject).is_empty())
}

/// The check of that name.
///
/// # Errors
/// [`UnknownCheck`] with the nearest name.
pub fn known(id: &str) -> Result<&'static Check, UnknownCheck> {
    find(id).ok_or_else(|| {
        let lower = id.to_ascii_lowercase();
        let likeness = |check: &&Check| strsim::jaro_winkler(&lower, check.id);
        let nearest = CHECKS.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.filter(|check| likeness(check) >= 0.8).map(|check| check.id);
        UnknownCheck { id: id.to_owned(), nearest }
    })
}
