//! The plan of one image: both bases, the new image, and what was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base::Base;
use super::bases;
use super::changes::Changes;
use super::config;
use super::error::RebaseError;
use super::files::{self, BaseFiles};
use super::identity;
use super::proof::{Finding, Findings, Obligation, Verdict};
use super::prove;
use super::trees::{Search, Trees};
use super::wanted::Wanted;
use crate::arch::Arch;
use crate::check::{BASE_DIGEST, BASE_NAME, Document, ImageView, LayerView};
use crate::digest::Digest;
use crate::examine::verdict::judge;
use crate::examine::{CheckOptions, Checked};
use crate::image::{FORMAT_ANNOTATION, Image, rebased};
use crate::media_type::Family;
use crate::pack::LAYER_FORMAT;
use crate::source::{self, SourceEnv};
use crate::survey::Survey;

/// A base in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBase {
    /// Its name.
    pub name: String,
    /// Digest of its manifest.
    pub digest: Digest,
}

/// What a rebase would do with one image.
pub struct Plan {
    /// The image as it is.
    pub image: Image,
    /// The architecture.
    pub arch: Arch,
    /// Its runtime, where it can be recognised.
    pub runtime: Option<String>,
    /// The base that it is on.
    pub old_base: PlannedBase,
    /// How many of its layers are that base's.
    pub old_layers: usize,
    /// The base that it goes to.
    pub new_base: PlannedBase,
    /// What becomes of it; `None` where it is on that base already.
    pub rebased: Option<Rebased>,
}

/// An image on its new base, not yet published.
pub struct Rebased {
    /// The image.
    pub image: Image,
    /// How many of its layers are the base's.
    pub base_layers: usize,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What differs between the bases.
    pub changes: Changes,
    /// Whether a build of the same source on the new base has the same digest: this tool built the image, with the
    /// layer format of today.
    pub equals_build: bool,
}

impl Rebased {
    /// Whether something was found for which the image must not be published.
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict == Verdict::Refuse)
    }

    /// Whether it is refused only because it answers an event in another way than the image as it is.
    pub fn only_answers_differ(&self) -> bool {
        let refused = || self.findings.iter().filter(|finding| finding.verdict == Verdict::Refuse);
        self.is_refused() && refused().all(|finding| finding.obligation == Obligation::Answers)
    }

    /// Adds findings, the worst still first.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
        self.findings.sort_by_key(|finding| (std::cmp::Reverse(finding.verdict), finding.obligation));
    }
}

/// Plans the rebase of one image. Nothing is published.
///
/// # Errors
/// [`RebaseError`] where there is nothing to plan: the image or a base cannot be read, or the base is not known.
pub fn plan(
    want: &Wanted,
    known: &BaseFiles,
    checking: &CheckOptions,
    at: &SourceEnv<'_>,
) -> Result<Plan, RebaseError> {
    let name = want.image.to_string();
    let image = source::source(&want.image, want.arch, at)?;
    let (os, architecture) = image.config.platform();
    let arch = Arch::from_oci(architecture).filter(|_| os == "linux");
    let arch = arch.ok_or_else(|| {
        let platform = crate::redact::text(&format!("{os}/{architecture}"), 60);
        RebaseError::Platform { image: name.clone(), platform }
    })?;
    let new = bases::new(want, &image, arch, at)?;
    let old = bases::old(want, &image, &new, arch, at)?;
    let runtime = identity::runtime(want, &old, &name)?;
    let planned = |base: &Base| PlannedBase { name: base.name.clone(), digest: base.image.digest };
    let (old_base, new_base) = (planned(&old), planned(&new));
    let diff_ids = |base: &Base| base.image.layers.iter().map(|layer| layer.diff_id).collect::<Vec<_>>();
    let is_there = old.image.digest == new.image.digest
        || (diff_ids(&old) == diff_ids(&new) && old.image.config.digest() == new.image.config.digest());
    let rebased =
        if is_there { None } else { Some(make(want, &image, arch, (&old, &new), known, checking, at)?) };
    let (runtime, old_layers) = (runtime.map(|profile| profile.id), old.image.layers.len());
    Ok(Plan { image, arch, runtime, old_base, old_layers, new_base, rebased })
}

fn make(
    want: &Wanted,
    image: &Image,
    arch: Arch,
    (old, new): (&Base, &Base),
    known: &BaseFiles,
    checking: &CheckOptions,
    at: &SourceEnv<'_>,
) -> Result<Rebased, RebaseError> {
    let name = &*want.image.to_string();
    let below = old.image.layers.len();
    // The base's own layers first, which several images share. A repository has the layers of its images in any case.
    let old_files = match known.of_base(&old.name, &old.image.layers, at.run) {
        Err(RebaseError::Source(_)) => known.of_base(name, &image.layers[..below], at.run)?,
        read => read?,
    };
    let new_files = known.of_base(&new.name, &new.image.layers, at.run)?;
    let upper = files::read(name, &image.layers[below..], at.run)?;

    let merged = config::merge(old.image.config.value(), image.config.value(), new.image.config.value());
    let annotations = annotations(image, new);
    let mut settings = merged.settings;
    if image.family == Family::Docker {
        let labels = &mut settings["config"]["Labels"];
        for key in [BASE_DIGEST, BASE_NAME] {
            match annotations.get(key) {
                Some(value) => labels[key] = value.clone().into(),
                None => drop(labels.as_object_mut().and_then(|labels| labels.remove(key))),
            }
        }
    }
    let made = rebased(image, &old.image.config, below, &new.image, settings, &annotations);
    let made = made.map_err(|source| RebaseError::Config { image: name.to_owned(), source })?;

    let search = [&image.config, &made.config].map(|config| Search::of(&config.env()));
    let trees = Trees::new([&old_files, &new_files, &upper], arch, search);
    let mut findings = Vec::new();
    let family = identity::prove(&trees, want.runtime.as_deref(), (old, new), &mut findings);
    for conflict in merged.conflicts {
        // The base's own notes about itself are written anew.
        if conflict.key.ends_with(BASE_DIGEST) || conflict.key.ends_with(BASE_NAME) {
            continue;
        }
        let config::Conflict { key, old, image, new } = conflict;
        let message = format!("the old base has {old}, the image {image}, the new base {new}");
        Findings::new(&mut findings, Obligation::Configuration).refuse(key, message);
    }
    let start =
        made.config.entrypoint().or_else(|| made.config.cmd()).and_then(|words| words.into_iter().next());
    findings.extend(prove::all(&trees, family, start.as_deref()));
    let new_layers: Vec<_> = new_files.iter().chain(&upper).cloned().collect();
    let old_layers: Vec<_> = old_files.iter().chain(&upper).cloned().collect();
    let judged = |image: &Image, layers: &[Arc<Survey>], below: usize| {
        judge(name.to_owned(), view(image, layers, below), checking, at.run.jobs, at.context)
    };
    let before = judged(image, &old_layers, below)?;
    checks(&judged(&made, &new_layers, new_files.len())?, &before, &mut findings);
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.verdict), finding.obligation));
    let changes = Changes::between(&trees.old_base, &trees.new_base);
    let equals_build = made_by_this_tool(image);
    Ok(Rebased { image: made, base_layers: new_files.len(), findings, changes, equals_build })
}

/// The image as checks read it.
fn view(image: &Image, surveys: &[Arc<Survey>], below: usize) -> ImageView {
    let layer = |(at, (layer, survey)): (usize, (&crate::image::Layer, &Arc<Survey>))| LayerView {
        descriptor: layer.descriptor.to_json(),
        of_base: at < below,
        survey: Ok(Arc::clone(survey)),
    };
    ImageView {
        descriptor: Some(image.descriptor()),
        manifest: Some(Document::new(Arc::clone(&image.manifest))),
        config: Document::new(Arc::clone(image.config.bytes())),
        layers: image.layers.iter().zip(surveys).enumerate().map(layer).collect(),
        ..ImageView::default()
    }
}

/// What checks deny, and what they warn of only now.
fn checks(now: &Checked, before: &Checked, findings: &mut Vec<Finding>) {
    let was = |one: &crate::check::Finding| {
        before
            .report
            .findings
            .iter()
            .any(|other| other.check.id == one.check.id && other.fault.message == one.fault.message)
    };
    let mut findings = Findings::new(findings, Obligation::Checks);
    for one in now.report.denied() {
        findings.refuse(one.check.id, format!("{}: {}", one.fault.location, one.fault.message));
    }
    for one in now.report.warnings().filter(|one| !was(one)) {
        findings.warn(one.check.id, format!("{}: {}", one.fault.location, one.fault.message));
    }
}

fn annotations_of(image: &Image) -> BTreeMap<String, String> {
    let manifest: serde_json::Value = serde_json::from_slice(&image.manifest).unwrap_or_default();
    let all = manifest["annotations"].as_object().into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The image's own annotations, with what a build says of the base.
fn annotations(image: &Image, new: &Base) -> BTreeMap<String, String> {
    let mut all = annotations_of(image);
    all.insert(BASE_DIGEST.to_owned(), new.image.digest.to_string());
    match &new.image.name {
        Some(name) => drop(all.insert(BASE_NAME.to_owned(), name.clone())),
        None => drop(all.remove(BASE_NAME)),
    }
    all
}

fn made_by_this_tool(image: &Image) -> bool {
    let format = LAYER_FORMAT.to_string();
    let labelled = &image.config.value()["config"]["Labels"][FORMAT_ANNOTATION];
    annotations_of(image).get(FORMAT_ANNOTATION) == Some(&format) || labelled.as_str() == Some(&format)
}
