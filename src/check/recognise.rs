//! Recognises the runtime of an image, from its labels, environment and files.

use super::{Expectations, ImageView, Subject};
use crate::digest::Digest;
use crate::reference::Reference;
use crate::runtime::{self, RuntimeProfile};

/// OCI image specification, "Annotations": the base's name.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// The digest of its manifest, in the same form.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// Recognises the runtime by the name of the base, else by files of AWS's bases.
pub fn recognise(view: &ImageView) -> Option<RuntimeProfile> {
    note(view, BASE_NAME).and_then(by_name).or_else(|| by_files(view))
}

/// What an image says its base is called, with a tag, and which image that was.
pub fn base(view: &ImageView) -> Option<(Reference, Digest)> {
    Some((note(view, BASE_NAME)?.parse().ok()?, note(view, BASE_DIGEST)?.parse().ok()?))
}

/// An annotation, or a label: Docker's manifests have no annotations.
pub fn note<'a>(view: &'a ImageView, key: &str) -> Option<&'a str> {
    let manifest = view.manifest.as_ref().and_then(|manifest| manifest.value["annotations"][key].as_str());
    manifest.or_else(|| view.config.value["config"]["Labels"][key].as_str())
}

/// Whether what was not read of an image is AWS's base of its runtime, by the name of the base: an entry script like
/// AWS's stands on other systems, too.
pub fn is_on_aws_base(view: &ImageView) -> bool {
    let profile = view.profile.as_ref();
    base(view).zip(profile).is_some_and(|((name, _), profile)| is_of(&name, profile))
}

/// Whether a repository is that of a runtime's base: AWS's own, its copy at Docker Hub, or a mirror of either.
fn is_of(name: &Reference, profile: &RuntimeProfile) -> bool {
    let own = profile.image.repository.split_once('/').map_or("", |(_, path)| path);
    let hub = format!("amazon/aws-{}", own.replace('/', "-"));
    [own, &hub].iter().any(|path| {
        let above = name.repository().strip_suffix(path);
        above.is_some_and(|above| above.is_empty() || above.ends_with('/'))
    })
}

/// `…/lambda/python:3.12`, also with an architecture or a date behind, also from a mirror.
pub fn by_name(name: &str) -> Option<RuntimeProfile> {
    let reference: Reference = name.parse().ok()?;
    let tag = reference.tag()?;
    let fits = |profile: &RuntimeProfile| {
        let same = is_of(&reference, profile);
        let main = profile.image.tag.values().next().map_or("", |tag| plain(tag));
        let rest = tag.strip_prefix(main)?;
        let follows = rest.is_empty() || rest.starts_with(['.', '-']);
        (same && follows).then_some(main.len())
    };
    let all = runtime::all().ok()?;
    // `17.al2023` fits `17`, too.
    all.into_iter()
        .filter_map(|profile| Some((fits(&profile)?, profile)))
        .max_by_key(|(len, _)| *len)
        .map(|(_, one)| one)
}

/// A tag without its architecture.
fn plain(tag: &str) -> &str {
    tag.strip_suffix("-x86_64").or_else(|| tag.strip_suffix("-arm64")).unwrap_or(tag)
}

/// The runtime's own words (`LAMBDA_RUNTIME_NAME` of .NET's bases, `AWS_EXECUTION_ENV` in bootstraps), else
/// the versioned name of its interpreter.
fn by_files(view: &ImageView) -> Option<RuntimeProfile> {
    let expectations = Expectations::default();
    let subject = Subject::new(view, &expectations);
    let text = |path: &str| subject.tree.get(path).and_then(|found| found.entry.text());
    let behind = |text: &str, word: &str| {
        let rest = text.split_once(word)?.1;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        runtime::profile(&rest[..end]).ok()
    };
    text("var/runtime/runtime-release")
        .and_then(|text| behind(text, "LAMBDA_RUNTIME_NAME="))
        .or_else(|| text("var/runtime/bootstrap").and_then(|text| behind(text, "AWS_Lambda_")))
        .or_else(|| {
            let mut names =
                subject.tree.below("var/lang/bin").filter_map(|(name, _)| name.strip_prefix("var/lang/bin/"));
            names.find_map(|name| name.starts_with("python3.").then(|| runtime::profile(name).ok()).flatten())
        })
}
