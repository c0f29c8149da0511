//! From the options of `build` to what the library builds.

use jiff::Timestamp;
use lambda_img::arch::Arch;
use lambda_img::build::{BuildError, BuildOptions, BuildSpec, Destinations};
use lambda_img::epoch::Epoch;
use lambda_img::publish::Output;
use lambda_img::reference::Reference;
use lambda_img::runtime;
use lambda_img::source::{ImageRef, SourceError};

use super::build::Build;
use super::lock_file;
use crate::cli::show::error::CliError;

impl Build {
    /// The bases that are in registries.
    pub fn remote_bases(&self) -> Result<Vec<Reference>, CliError> {
        let profile = runtime::profile(&self.runtime)?;
        let base = |arch: &Arch| match &self.base {
            Some(ImageRef::Registry(reference)) => Ok(Some(reference.clone())),
            Some(_) => Ok(None),
            None => Ok(Some(
                profile.image(*arch)?.parse().map_err(SourceError::Reference).map_err(BuildError::Base)?,
            )),
        };
        self.arch.iter().map(base).filter_map(Result::transpose).collect()
    }

    /// The options as they are meant together; settled once, they stay so.
    pub fn settled(mut self) -> Result<Self, CliError> {
        match (self.push, self.tags.is_empty()) {
            (true, true) => {
                let hint = "name the image with `-t REGISTRY/REPOSITORY:TAG`";
                return Err(CliError::usage("`--push` without a name to push to", hint));
            }
            (false, false) => {
                let hint = "add `--push`; local outputs name their images themselves, as in `-o oci:DIR:TAG`";
                return Err(CliError::usage("`-t` names what is pushed, and nothing is", hint));
            }
            (true, false) if self.net.offline => {
                return Err(CliError::usage("`--push` needs the network", "leave `--offline` out"));
            }
            _ => {}
        }
        if self.create_repository && !self.push {
            let error = "`--create-repository` makes what a push misses, and nothing is pushed";
            return Err(CliError::usage(error, "add `--push`"));
        }
        if self.outputs.is_empty() && !self.push {
            self.outputs.push(Output::Layout { dir: "lambda-image".into(), tag: "latest".to_owned() });
        }
        let mut seen = Vec::new();
        self.tags.retain(|tag| {
            !seen.contains(tag) && {
                seen.push(tag.clone());
                true
            }
        });
        Ok(self)
    }
}

/// `SOURCE_DATE_EPOCH`, else the default.
pub fn epoch() -> Result<Epoch, CliError> {
    Ok(match std::env::var_os("SOURCE_DATE_EPOCH") {
        Some(text) if !text.is_empty() => text.to_string_lossy().parse().map_err(CliError::Epoch)?,
        _ => Epoch::default(),
    })
}

/// What to build, where it goes, and how a build runs that began then.
pub fn spec(args: Build, began: Timestamp) -> Result<(BuildSpec, Destinations, BuildOptions), CliError> {
    let epoch = epoch()?;
    let mut archs = Vec::new();
    for arch in args.arch {
        if !archs.contains(&arch) {
            archs.push(arch);
        }
    }
    // Nothing else can be pinned.
    let remote = matches!(args.base, None | Some(ImageRef::Registry(_)));
    let pins = if remote { lock_file::find()?.pins } else { Default::default() };
    let destinations = Destinations { outputs: args.outputs, push: args.tags };
    let options = BuildOptions {
        check: Some(args.checks.checking(Some(args.runtime.clone()), None)?),
        started_at: nanoseconds(began),
        no_cache: args.no_cache,
        dry_run: args.dry_run,
        ..BuildOptions::default()
    };
    let spec = BuildSpec {
        path: args.path,
        runtime: args.runtime,
        architectures: archs,
        handler: args.handler,
        base: args.base,
        pins,
        locked: args.locked,
        bootstrap: args.bootstrap,
        lambda_layers: args.lambda_layers,
        extensions: args.extensions,
        adds: args.adds,
        excludes: args.excludes,
        no_default_excludes: args.no_default_excludes,
        env: args.env.into_iter().collect(),
        labels: args.labels.into_iter().collect(),
        annotations: args.annotations.into_iter().collect(),
        entrypoint: args.entrypoint.map(|words| words.0),
        cmd: args.cmd.map(|words| words.0),
        workdir: args.workdir,
        media_types: args.format.map(Into::into),
        split: args.split.into(),
        epoch,
    };
    Ok((spec, destinations, options))
}

/// Since 1970.
pub fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MIN)
}
