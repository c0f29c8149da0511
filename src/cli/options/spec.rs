//! Turns the options of `build` into the spec and options of the library.

use std::num::NonZeroUsize;

use jiff::Timestamp;
use lambda_img::arch::Arch;
use lambda_img::build::{BuildError, BuildOptions, BuildSpec, Destinations};
use lambda_img::context::Context;
use lambda_img::publish::Output;
use lambda_img::reference::Reference;
use lambda_img::runtime;
use lambda_img::source::{ImageRef, SourceError};

use super::build::Build;
use super::evidence::BuildEvidence;
use super::{environment, evidence, lock_file, step};
use crate::cli::show::clock;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

impl Build {
    /// The bases that are in registries.
    pub fn remote_bases(&self) -> Result<Vec<Reference>, CliError> {
        let profile = runtime::profile(self.runtime()?)?;
        let base = |arch: &Arch| match &self.image.base {
            Some(ImageRef::Registry(reference)) => Ok(Some(reference.clone())),
            Some(_) => Ok(None),
            None => Ok(Some(
                profile.image(*arch)?.parse().map_err(SourceError::Reference).map_err(BuildError::Base)?,
            )),
        };
        self.output.arch.iter().map(base).filter_map(Result::transpose).collect()
    }

    /// What a build reads from that pushes nothing: its bases, or the registry cache where no base is in a registry.
    pub fn read_from(&self) -> Result<Vec<Reference>, CliError> {
        let bases = self.remote_bases()?;
        let cache = &self.output.registry_cache;
        Ok(match bases.is_empty() {
            true => cache.read.iter().chain(cache.writes_to()).cloned().collect(),
            false => bases,
        })
    }

    /// What a build reads its bases with that pushes nothing.
    pub fn reading(&self, jobs: NonZeroUsize) -> Result<Context, CliError> {
        let read = self.read_from()?;
        let hosts: Vec<_> = read.iter().map(|from| self.output.net.host(from)).collect();
        let context = self.output.net.context(jobs, self.output.quiet, &hosts)?;
        Ok(self.image.base_copies.in_context(context))
    }

    /// The options as they are meant together; settled once, they stay so.
    pub fn settled(mut self) -> Result<Self, CliError> {
        match (self.output.push, self.output.tags.is_empty()) {
            (true, true) => return Err(usage::options::push_without_tag()),
            (false, false) => return Err(usage::options::tag_without_push()),
            (true, false) if self.output.net.offline => return Err(usage::options::offline("--push")),
            _ => {}
        }
        let cache = &self.output.registry_cache;
        if cache.verify.is_some() && cache.read.is_empty() {
            return Err(usage::options::verify_without_registry_cache());
        }
        // Without the cache, nothing is compared: that must not look like a success.
        let off = [("--offline", self.output.net.offline), ("--no-cache", self.image.no_cache)];
        if cache.verify.is_some_and(|share| !share.is_empty())
            && let Some((option, _)) = off.iter().find(|(_, is_on)| *is_on)
        {
            return Err(usage::options::verify_with_no_cache(option));
        }
        if self.output.create_repository && !self.output.push {
            return Err(usage::options::create_without_push());
        }
        if !self.output.attest.is_empty() && !self.output.push {
            return Err(usage::options::attest_without_push());
        }
        let attest = &self.output.attest;
        self.output.signing.suits(!attest.is_empty(), attest.contains(&BuildEvidence::Signature))?;
        if self.output.outputs.is_empty() && !self.output.push {
            self.output.outputs.push(Output::Layout { dir: "lambda-image".into(), tag: "latest".to_owned() });
        }
        let mut seen = Vec::new();
        self.output.tags.retain(|tag| {
            !seen.contains(tag) && {
                seen.push(tag.clone());
                true
            }
        });
        Ok(self)
    }
}

/// What to build, where it goes, and how a build runs that began then.
pub fn spec(build: &Build, began: Timestamp) -> Result<(BuildSpec, Destinations, BuildOptions), CliError> {
    let epoch = environment::epoch()?;
    let runtime = build.runtime()?.to_owned();
    let (image, output) = (build.image.clone(), &build.output);
    let split = image.split();
    let mut architectures = Vec::new();
    for arch in &output.arch {
        if !architectures.contains(arch) {
            architectures.push(*arch);
        }
    }
    // Nothing else can be pinned.
    let remote = matches!(image.base, None | Some(ImageRef::Registry(_)));
    let pins = if remote { lock_file::find()?.pins } else { Default::default() };
    let destinations = Destinations { outputs: output.outputs.clone(), push: output.tags.clone() };
    let options = BuildOptions {
        check: Some(output.checks.clone().checking(Some(runtime.clone()), None)?),
        started_at: clock::nanoseconds(began),
        no_cache: image.no_cache,
        dry_run: output.dry_run,
        step_env: step::passed(),
        attest: output.attest.iter().copied().map(Into::into).collect(),
        signer: output.signing.signer(&output.net)?,
        builder: evidence::builder(),
        ..BuildOptions::default()
    };
    let spec = BuildSpec {
        path: build.path.clone(),
        steps: build.steps(),
        runtime,
        architectures,
        handler: image.handler,
        base: image.base,
        pins,
        locked: image.locked,
        bootstrap: image.bootstrap,
        lambda_layers: image.lambda_layers,
        extensions: image.extensions,
        adds: image.adds,
        excludes: image.excludes,
        no_default_excludes: image.no_default_excludes,
        env: image.env.into_iter().collect(),
        labels: image.labels.into_iter().collect(),
        annotations: image.annotations.into_iter().collect(),
        entrypoint: image.entrypoint.map(|words| words.0),
        cmd: image.cmd.map(|words| words.0),
        workdir: image.workdir,
        media_types: image.media_types.map(Into::into),
        split,
        epoch,
    };
    Ok((spec, destinations, options))
}
